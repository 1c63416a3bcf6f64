/**
 * Reads the requests of operators to pull a stream at once. `operator/stream-actions.ts` writes these requests. A request is stored in
 * `feeds.due_at` as the negative time of the request. So the stream is due, and each gateway can distinguish this request from an earlier
 * one. The next successful pull replaces the request by its schedule.
 */
import type { Stream } from '@tributary/connector-api';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { RequestedPull } from '../types/store.types.js';

/** Returns the requests of operators for which there was no successful pull yet. */
export async function findRequestedPulls({ reader }: DatabaseAdapter): Promise<RequestedPull[]> {
  const rows = await reader
    .selectFrom('feeds')
    .select(['connector', 'stream', 'due_at'])
    .where('due_at', '<', 0)
    .execute();
  return rows.map(({ connector, stream, due_at }) => ({
    connector,
    // The cast is safe, because the store writes only the names of streams into this column.
    stream: stream as Stream,
    requestedAt: -due_at,
  }));
}
