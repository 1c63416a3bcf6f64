import type { Kysely } from 'kysely';

/** Every append asks whether its feed has open refusals; most have none, and many that are over. */
export async function indexOpenRefusals(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex('quarantine_open')
    .on('quarantine')
    .columns(['feed_id', 'kind'])
    .where('cleared_at' as never, 'is', null)
    .execute();
}
