/**
 * Keeps `store_identity.feed_set_id` up to date: a random number that identifies the set of feeds in one store and epoch. It has the same
 * meaning and the same triggers as in PostgreSQL (`postgres/feed-set-id.ts`).
 */
import { sql, type Kysely } from 'kysely';
import type { Schema } from '../schema.js';

/** A random integer that a JavaScript number represents exactly. */
const RENEW = 'update store_identity set feed_set_id = abs(random() % 9007199254740992)';

/** The changes that renew the number. An append changes none of these columns. */
const RENEWING_CHANGES = [
  ['insert', 'insert on feeds'],
  ['delete', 'delete on feeds'],
  ['rename', 'update of id, connector, stream on feeds'],
  ['restore', 'update of store_id, epoch on store_identity'],
] as const;

/** Adds the column, and creates the triggers. */
export async function addFeedSetId(db: Kysely<Schema>): Promise<void> {
  await sql`alter table store_identity add column feed_set_id integer not null default 0`.execute(db);
  await sql.raw(RENEW).execute(db);
  for (const [name, change] of RENEWING_CHANGES)
    await sql
      .raw(`create trigger renew_feed_set_id_after_${name} after ${change} begin ${RENEW}; end`)
      .execute(db);
}
