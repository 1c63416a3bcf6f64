/**
 * Makes a store usable again after it has lost its newest data. Readers may have rows that the store has lost. So every row that is
 * appended from now on gets a feed time that is later than all times that a reader can have. See docs/decisions/0012-store-identity.md.
 */
import { sql } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { StoreRestore } from '../types/store.types.js';
import type { DatabaseServerIdentity } from './database-server-identity.js';

/**
 * The maximum time in ms by which the feed time of a lost row can be ahead of the clock. A reader may have such a row. An import gives each
 * row 10 ms, so 60,000 rows of one stream reach ten minutes ahead.
 */
export const DEFAULT_READER_LEAD_MS = 10 * 60_000;

export interface NewEpochOptions {
  /** The epoch that ends. If another process has already ended it, nothing changes. */
  fromEpoch: number;
  server: DatabaseServerIdentity | undefined;
  readerLeadMs: number;
}

/**
 * Starts a new epoch: revokes all leases, sets a lower limit for the feed times of new rows, and removes the mark that the store has lost
 * data.
 * @returns `undefined` when another process has already started a new epoch
 */
export async function startNewEpoch(
  adapter: DatabaseAdapter,
  { fromEpoch, server, readerLeadMs }: NewEpochOptions,
): Promise<StoreRestore | undefined> {
  return adapter.durableTransaction(async (db) => {
    const now = adapter.currentTime;
    const row = await db
      .updateTable('store_identity')
      .set((eb) => ({
        epoch: eb('epoch', '+', 1),
        beat: eb('beat', '+', 1),
        loss_found: null,
        min_feed_time: sql<number>`${now} + cast(${readerLeadMs} as bigint)`,
        restored_at: now,
        // The store may be restored again before a gateway has run. The data that was missing after the first restore is then still
        // missing, so the time of the backup stays the same.
        backup_at: eb.ref('beat_at'),
        server_database: server?.database ?? null,
        server_timeline: server?.timeline ?? null,
      }))
      .where('epoch', '=', fromEpoch)
      .returning(['min_feed_time', 'restored_at', 'backup_at'])
      .executeTakeFirst();
    if (!row) return undefined;
    const { min_feed_time: minFeedTime, restored_at: restoredAt, backup_at: backupAt } = row;
    await db
      .updateTable('feeds')
      .set((eb) => ({
        ...{ holder: null, leased_until: 0, due_at: 0, fencing_token: eb('fencing_token', '+', 1) },
        head_time: eb
          .case()
          .when('head_time', '>', minFeedTime)
          .then(eb.ref('head_time'))
          .else(minFeedTime)
          .end(),
      }))
      .execute();
    await db.deleteFrom('last_pages').execute();
    return restoredAt === null || backupAt === null ? undefined : { restoredAt, backupAt };
  });
}
