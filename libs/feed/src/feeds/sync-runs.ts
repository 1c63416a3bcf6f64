/** Records sync runs for operators. */
import { STREAMS, type Stream } from '@tributary/connector-api';
import type { Kysely } from 'kysely';
import type { SyncRun } from '../types/sync-run.types.js';
import type { Schema } from '../database/schema.js';

/** How long older runs are kept, in ms. */
const RETENTION_MS = 30 * 24 * 3600 * 1000;
/** How long older runs that found nothing new are kept, in ms. */
const QUIET_RETENTION_MS = 24 * 3600 * 1000;
/** Minimum time in ms between two runs of a stream that found nothing new and are kept. It applies to all gateways together. */
const QUIET_INTERVAL_MS = 10 * 60 * 1000;

/**
 * Records a run, and deletes old runs of its stream. A stream that never has anything new keeps at most 145 rows, for any number of gateways
 * and days.
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

/** Returns true when the run ended without an error, and without anything new. */
function isQuiet({ error, added, changed, refused }: SyncRun): boolean {
  return error === undefined && added + changed + refused === 0;
}

/** Tells whether a gateway has recorded a run without news in the last ten minutes, and no run with news since. */
async function hasRecentQuietRun(db: Kysely<Schema>, run: SyncRun): Promise<boolean> {
  const newest = await db
    .selectFrom('sync_runs')
    .select(['added', 'changed', 'refused', 'error'])
    .where('connector', '=', run.connector)
    .where('stream', '=', run.stream)
    .where('started_at', '>', run.startedAt - QUIET_INTERVAL_MS)
    // A run in the future was recorded before the clock was set back.
    .where('started_at', '<=', run.startedAt)
    .orderBy('started_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return newest !== undefined && isQuiet({ ...run, ...newest, error: newest.error ?? undefined });
}

/** Returns the newest run of each stream. A run that found nothing new may be missing, if another one like it was recorded shortly before. */
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

/** Converts a stored run. It takes the columns of a run and no others, because the row of a join has more. */
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
