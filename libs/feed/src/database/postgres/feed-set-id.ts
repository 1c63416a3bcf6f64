/**
 * Keeps `store_identity.feed_set_id` up to date: a random number that identifies the set of feeds in one store and epoch. Triggers replace
 * it whenever a feed is created, deleted or renamed, and whenever the store gets another id or epoch. So if a process has checked once that
 * a number belongs to a feed, it belongs to this feed in every state with the same `feed_set_id`, also after a backup was restored. A page
 * statement compares this number, which takes a third of the time of reading the feed and the identity of the store. `postgres-page-reader.ts`
 * decides at which pages it is compared.
 */
import { sql, type Kysely } from 'kysely';
import type { Schema } from '../schema.js';

/** A random integer that a JavaScript number represents exactly. */
const RANDOM_ID = 'floor(random() * 9007199254740992)::bigint';

/**
 * The table has the schema of the feeds, because the search path of a session that restores a dump is empty.
 */
const RENEW_AFTER_FEED_CHANGE = `begin
  execute format('update %I.store_identity set feed_set_id = ${RANDOM_ID}', tg_table_schema);
  return null;
end`;
const RENEW_WITH_IDENTITY = `begin
  new.feed_set_id := ${RANDOM_ID};
  return new;
end`;

/** Adds the column, and creates the triggers. An append changes none of the columns that fire them. */
export async function addFeedSetId(db: Kysely<Schema>): Promise<void> {
  const randomId = sql.raw(RANDOM_ID);
  await sql`alter table store_identity add column feed_set_id bigint not null default ${randomId}`.execute(
    db,
  );
  for (const [name, body] of [
    ['renew_feed_set_id_after_feed_change', RENEW_AFTER_FEED_CHANGE],
    ['renew_feed_set_id_with_identity', RENEW_WITH_IDENTITY],
  ] as const)
    await sql`create or replace function ${sql.raw(name)}() returns trigger language plpgsql as ${sql.lit(body)}`.execute(
      db,
    );
  await sql`create trigger renew_feed_set_id after insert or delete or truncate or update of id, connector, stream on feeds
    for each statement execute function renew_feed_set_id_after_feed_change()`.execute(db);
  await sql`create trigger renew_feed_set_id before update of store_id, epoch on store_identity
    for each row execute function renew_feed_set_id_with_identity()`.execute(db);
}
