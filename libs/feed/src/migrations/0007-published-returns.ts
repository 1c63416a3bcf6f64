import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.js';

/** Sets `published` of returned orders to `RETURNED`, because their newest row is the row of the return. */
export async function markPublishedReturns(db: Kysely<unknown>): Promise<void> {
  await (db as Kysely<Schema>)
    .updateTable('orders')
    .set({ published: 'RETURNED' })
    .where('state', '=', 'returned')
    .where('published', 'is not', null)
    .execute();
}
