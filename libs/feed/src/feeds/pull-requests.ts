/**
 * Requests of an operator to pull a connector at once: `tributary connectors retry`. A request is stored in `feeds.due_at` as the negative time
 * of the request. So the stream is due, and each gateway can tell this request from an earlier one. The schedule of the next pull that does not
 * fail replaces it.
 */
import type { Stream } from '@tributary/connector-api';
import { sql } from 'kysely';
import type { CurrentTimeExpression, DatabaseAdapter } from '../database/database-adapter.js';
import type { PullRequest } from '../types/store.types.js';

/** Writes a request for all streams of a connector. @returns the number of streams; 0 if the connector was never pulled */
export async function writePullRequests(
  adapter: DatabaseAdapter,
  connector: string,
  clock: CurrentTimeExpression,
): Promise<number> {
  const { numUpdatedRows } = await adapter.durableTransaction((db) =>
    db
      .updateTable('feeds')
      .set({ due_at: sql<number>`-(${clock()})` })
      .where('connector', '=', connector)
      .executeTakeFirst(),
  );
  return Number(numUpdatedRows);
}

/** Returns the requests that no successful pull has fulfilled. */
export async function findPullRequests({ reader }: DatabaseAdapter): Promise<PullRequest[]> {
  const rows = await reader
    .selectFrom('feeds')
    .select(['connector', 'stream', 'due_at'])
    .where('due_at', '<', 0)
    .execute();
  return rows.map(({ connector, stream, due_at }) => ({
    connector,
    // The store writes no other words.
    stream: stream as Stream,
    requestedAt: -due_at,
  }));
}
