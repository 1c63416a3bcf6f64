/**
 * Reads the requests of operators to pull a stream at once (`operator/stream-actions.ts` writes them). A request is stored in `feeds.due_at` as the negative time
 * of the request. So the stream is due, and each gateway can tell this request from an earlier one. The schedule of the next pull that does not
 * fail replaces it.
 */
import type { Stream } from '@tributary/connector-api';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { PullRequest } from '../types/store.types.js';

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
