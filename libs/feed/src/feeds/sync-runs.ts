/** Stores the results of pulls (sync runs), which operators can list. */
import { STREAMS, type Stream } from '@tributary/connector-api';
import type { Kysely } from 'kysely';
import type { SyncRun } from '../types/sync-run.types.js';
import type { Schema } from '../database/schema.js';

/** Time in ms after which a run is deleted. */
const RETENTION_MS = 30 * 24 * 3600 * 1000;
/** Time in ms after which a run is deleted that found nothing new. */
const QUIET_RETENTION_MS = 24 * 3600 * 1000;
/** The minimum time in ms between two stored runs of a stream that found nothing new. It applies to all gateways together. */
const QUIET_INTERVAL_MS = 10 * 60 * 1000;

/**
 * Stores a run, and deletes old runs of its stream. For a stream that never has new data, at most 145 rows are kept, independent of the
 * number of gateways and days.
 */
export async function recordSyncRun(db: Kysely<Schema>, run: SyncRun): Promise<void> {
  if (isQuiet(run) && (await hasRecentQuietRun(db, run))) return;
  const { startedAt, error, ...counts } = run;
  await db
    .insertInto('sync_runs')
    .values({ ...counts, started_at: startedAt, error: error ?? null })
    .execute();
  await db
    .deleteFrom('sync_runs')
    .where('connector', '=', run.connector)
    .where('stream', '=', run.stream)
    .where((eb) =>
      eb.or([
        eb('started_at', '<', startedAt - RETENTION_MS),
        eb.and([
          eb('started_at', '<', startedAt - QUIET_RETENTION_MS),
          eb('error', 'is', null),
          eb('added', '=', 0),
          eb('changed', '=', 0),
          eb('refused', '=', 0),
        ]),
      ]),
    )
    .execute();
}

/** Returns true when the run found nothing new and ended without an error. */
function isQuiet({ error, added, changed, refused }: SyncRun): boolean {
  return error === undefined && added + changed + refused === 0;
}

/** Returns true if a gateway has stored a run without new data in the last ten minutes, and no run with new data was stored since then. */
async function hasRecentQuietRun(db: Kysely<Schema>, run: SyncRun): Promise<boolean> {
  const newest = await db
    .selectFrom('sync_runs')
    .select(['added', 'changed', 'refused', 'error'])
    .where('connector', '=', run.connector)
    .where('stream', '=', run.stream)
    .where('started_at', '>', run.startedAt - QUIET_INTERVAL_MS)
    // A run whose start is in the future was stored before the clock was set back. Such a run is ignored.
    .where('started_at', '<=', run.startedAt)
    .orderBy('started_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return newest !== undefined && isQuiet({ ...run, ...newest, error: newest.error ?? undefined });
}

/** Returns the newest stored run of each stream. A run that found nothing new may be missing, because such runs are not always stored. */
export async function findLastSyncRuns(
  db: Kysely<Schema>,
  connector: string,
  { onlySuccessful = false } = {},
): Promise<SyncRun[]> {
  const runs = await Promise.all(
    STREAMS.map((stream) =>
      db
        .selectFrom('sync_runs')
        .selectAll()
        .where('connector', '=', connector)
        .where('stream', '=', stream)
        .$if(onlySuccessful, (query) => query.where('error', 'is', null))
        .orderBy('started_at', 'desc')
        .limit(1)
        .executeTakeFirst()
        .then((row) => (row === undefined ? [] : [toSyncRun(row, stream)])),
    ),
  );
  return runs.flat();
}

/** Converts a stored run. Only the columns of a run are copied, because the row of a join has further columns. */
export function toSyncRun(row: Schema['sync_runs'], stream: Stream): SyncRun {
  const { connector, started_at, duration, pages, records, added, changed, refused, error } = row;
  const counts = { pages, records, added, changed, refused };
  return {
    connector,
    stream,
    startedAt: started_at,
    duration,
    ...counts,
    ...(error === null ? {} : { error }),
  };
}
