import type { Kysely } from 'kysely';

/**
 * Adds an index of unresolved quarantine entries, because every append searches for them. Most feeds have no unresolved entries, but many
 * resolved entries.
 */
export async function indexOpenQuarantineEntries(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex('quarantine_open')
    .on('quarantine')
    .columns(['feed_id', 'kind'])
    .where('cleared_at' as never, 'is', null)
    .execute();
}
