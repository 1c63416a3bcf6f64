/**
 * Stores past cursors of a feed. With them, an operator can let the gateway read again everything that has changed since a date. One cursor
 * for each hour is kept for a week, and one cursor for each day for 400 days.
 */
import { sql, type Kysely } from 'kysely';
import type { CurrentTimeExpression, DatabaseAdapter } from '../database/database-adapter.js';
import type { Schema } from '../database/schema.js';
import type { OpenedFeed } from '../identity/opened-feed.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const HOURLY_RETENTION_MS = 7 * DAY_MS;
const RETENTION_MS = 400 * DAY_MS;

/**
 * Stores the cursor of a pull that has read all data, and deletes older cursors that are no longer needed. Each process does this at most
 * once an hour.
 */
export async function recordCursor(
  adapter: DatabaseAdapter,
  feed: OpenedFeed,
  clock: CurrentTimeExpression,
): Promise<void> {
  const now = performance.now();
  if (now - feed.cursorRecordedAt < HOUR_MS) return;
  feed.cursorRecordedAt = now;
  await adapter.transaction(async (db) => {
    await sql`
      insert into feed_cursors (feed_id, at, cursor)
      select id, ${clock()}, cursor from feeds
      where ${feed.isSameFeed} and cursor is not null
        and not exists (select 1 from feed_cursors recent
          where recent.feed_id = feeds.id and recent.at > ${clock()} - cast(${HOUR_MS} as bigint))
      on conflict (feed_id, at) do nothing`.execute(db);
    await sql`
      delete from feed_cursors where feed_id = cast(${feed.id} as bigint) and (
        at < ${clock()} - cast(${RETENTION_MS} as bigint)
        or (at < ${clock()} - cast(${HOURLY_RETENTION_MS} as bigint) and exists (
          select 1 from feed_cursors earlier where earlier.feed_id = feed_cursors.feed_id and earlier.at < feed_cursors.at
            and earlier.at / cast(${DAY_MS} as bigint) = feed_cursors.at / cast(${DAY_MS} as bigint))))`.execute(
      db,
    );
  });
}

/** Returns the newest cursor that was stored at or before a time. The result is `undefined` if every cursor is newer. */
export async function findCursorAt(
  db: Kysely<Schema>,
  feedId: number,
  atMs: number,
): Promise<{ at: number; cursor: string } | undefined> {
  return db
    .selectFrom('feed_cursors')
    .select(['at', 'cursor'])
    .where('feed_id', '=', feedId)
    .where('at', '<=', atMs)
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst();
}
