/** Records sync runs for operators. */
import type { Kysely } from 'kysely';
import type { SyncRun } from '../types/store.types.js';
import type { Schema } from '../database/schema.js';

/** How long older runs are kept, in ms. */
const RETENTION_MS = 30 * 24 * 3600 * 1000;

/** Records a run, and deletes the stream's runs that started more than 30 days before it. */
export async function recordSyncRun(db: Kysely<Schema>, run: SyncRun): Promise<void> {
  const { startedAt, error, ...counts } = run;
  await db
    .insertInto('sync_runs')
    .values({ ...counts, started_at: startedAt, error: error ?? null })
    .execute();
  await db
    .deleteFrom('sync_runs')
    .where('connector', '=', run.connector)
    .where('stream', '=', run.stream)
    .where('started_at', '<', startedAt - RETENTION_MS)
    .execute();
}
