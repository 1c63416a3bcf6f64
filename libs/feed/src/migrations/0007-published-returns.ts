import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.js';

/** The number of orders that one transaction changes. The transaction locks these orders for about one second. */
const BATCH_ORDERS = 10_000;

/**
 * Sets `published` of returned orders to `RETURNED`, because the newest row of such an order is the row of its return.
 * @param afterId id of the last order of the previous batch
 * @returns the id of the last order of this batch; `undefined` when no orders are left
 */
export async function markPublishedReturns(
  db: Kysely<unknown>,
  afterId: string,
): Promise<{ lastId: string; changed: number } | undefined> {
  const orders = await selectUnmarkedReturns(db as Kysely<Schema>)
    .select('id')
    .where('id', '>', afterId)
    .orderBy('id')
    .limit(BATCH_ORDERS)
    .execute();
  const lastId = orders.at(-1)?.id;
  if (lastId === undefined) return undefined;
  await (db as Kysely<Schema>)
    .updateTable('orders')
    .set({ published: 'RETURNED' })
    .where('state', '=', 'returned')
    .where('published', 'is not', null)
    .where('id', '>', afterId)
    .where('id', '<=', lastId)
    .execute();
  return { lastId, changed: orders.length };
}

/** Counts the orders that `markPublishedReturns` has not changed yet. */
export async function countUnmarkedReturns(db: Kysely<unknown>): Promise<number> {
  const { count } = await selectUnmarkedReturns(db as Kysely<Schema>)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

function selectUnmarkedReturns(db: Kysely<Schema>) {
  return db
    .selectFrom('orders')
    .where('state', '=', 'returned')
    .where('published', 'is not', null)
    .where('published', '!=', 'RETURNED');
}
