import type { Kysely } from 'kysely';

/** Adds an index that finds the keys of an item. Without it, each run of a policy read the keys of all items. */
export async function indexReconciliationKeysByNumber(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex('reconciliation_keys_by_number')
    .on('reconciliation_keys')
    .columns(['policy_id', 'number'])
    .execute();
}
