/** Reads the stored runs of a connector page by page, newest first. */
import { STREAMS, type Stream } from '@tributary/connector-api';
import { sql } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import { toSyncRun } from '../feeds/sync-runs.js';
import type { SyncRun } from '../types/sync-run.types.js';
import type { SyncRunFilter, SyncRunPosition } from '../types/operator.types.js';

/**
 * Returns one page of runs. The function reads a page of each stream with the index of runs, and merges these pages. A single query over
 * all streams would sort every run of the connector.
 */
export async function listSyncRuns(
  adapter: DatabaseAdapter,
  filter: SyncRunFilter,
  after: SyncRunPosition | undefined,
  limit: number,
): Promise<SyncRun[]> {
  const runs: SyncRun[] = [];
  for (const stream of filter.stream === undefined ? STREAMS : [filter.stream])
    runs.push(...(await readRunsOfStream(adapter, filter, stream, after, limit)));
  return runs.sort((a, b) => b.startedAt - a.startedAt || (a.stream < b.stream ? 1 : -1)).slice(0, limit);
}

async function readRunsOfStream(
  { reader }: DatabaseAdapter,
  { connector, onlyFailed = false }: SyncRunFilter,
  stream: Stream,
  after: SyncRunPosition | undefined,
  limit: number,
): Promise<SyncRun[]> {
  const rows = await reader
    .selectFrom('sync_runs')
    .selectAll()
    .where('connector', '=', connector)
    .where('stream', '=', stream)
    .$if(onlyFailed, (query) => query.where('error', 'is not', null))
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`started_at <= ${after?.startedAt} and (started_at, stream) < (${after?.startedAt}, ${after?.stream})`,
      ),
    )
    .orderBy('started_at', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => toSyncRun(row, stream));
}
