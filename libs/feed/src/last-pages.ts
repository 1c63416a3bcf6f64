/**
 * Where a reader met the end. Clients of v2 read page 1, 2, 3 … with one filter until an empty page, and take the last row's
 * time as their watermark. When rows arrive after a page that was not full, the next page begins behind those that filled it:
 * it must be empty, or the client passes over them for ever. In the store, because the next page may be asked for at another
 * gateway: `docs/decisions/last-pages.md`.
 * Source: formancehq/payments before v3, `generic/task_fetch_transactions.go`.
 */
import { sql } from 'kysely';
import type { Dialect } from './dialect.js';
import type { StoreClock } from './lease.js';

/** A client gives up an answer after ten seconds, and stores a page's rows before it asks for the next one. Milliseconds. */
const READING = 60_000;

/** What the pages of one reading have in common. */
interface Reading {
  feedId: number;
  /** Milliseconds of feed time. */
  from: number;
  pageSize: number;
}

/** Whether somebody was told a short while ago that an earlier page is the last. */
export async function isBehindEnd(
  dialect: Dialect,
  { feedId, from, pageSize }: Reading,
  page: number,
  clock: StoreClock,
): Promise<boolean> {
  const end = await dialect.reader
    .selectFrom('last_pages')
    .select('page')
    .where('feed_id', '=', feedId)
    .where('from_time', '=', from)
    .where('page_size', '=', pageSize)
    .where('page', '<', page)
    .where('until', '>', clock())
    .limit(1)
    .executeTakeFirst();
  return end !== undefined;
}

/**
 * To be awaited before the page is sent. Nothing but time ends what it says: another reader, or a request that was held up for
 * long, may have seen the page full, but who was sent it before has not.
 */
export async function noteEnd(
  dialect: Dialect,
  { feedId, from, pageSize }: Reading,
  page: number,
  clock: StoreClock,
): Promise<void> {
  const until = sql<number>`${clock()} + cast(${READING} as bigint)`;
  await dialect.durably(async (db) => {
    await db.deleteFrom('last_pages').where('feed_id', '=', feedId).where('until', '<=', clock()).execute();
    await db
      .insertInto('last_pages')
      .values({ feed_id: feedId, from_time: from, page_size: pageSize, page, until })
      .onConflict((conflict) =>
        conflict
          .columns(['feed_id', 'from_time', 'page_size', 'page'])
          .doUpdateSet((eb) => ({ until: eb.ref('excluded.until') })),
      )
      .execute();
  });
}
