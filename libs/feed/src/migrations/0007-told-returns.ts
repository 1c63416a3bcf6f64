import type { Kysely } from 'kysely';
import type { Schema } from '../schema.js';

/** Of an order that came back, the newest row is that of its return: `published` says so. */
export async function tellReturns(db: Kysely<unknown>): Promise<void> {
  await (db as Kysely<Schema>)
    .updateTable('orders')
    .set({ published: 'RETURNED' })
    .where('state', '=', 'returned')
    .where('published', 'is not', null)
    .execute();
}
