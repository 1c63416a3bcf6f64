/** Reads the state of every stream: its feed, its schedule, its last run and its quarantine. */
import { sql, type Selectable } from 'kysely';
import type { Stream } from '@tributary/connector-api';
import type { CurrentTimeExpression, DatabaseAdapter } from '../database/database-adapter.js';
import type { FeedTable, SyncRunTable } from '../database/schema.js';
import { toSyncRun } from '../feeds/sync-runs.js';
import type { StreamState } from '../types/operator.types.js';
import { selectOpenEntries } from './select-open-entries.js';

export async function listStreamStates(
  adapter: DatabaseAdapter,
  connectors: readonly string[],
  clock: CurrentTimeExpression,
): Promise<StreamState[]> {
  if (connectors.length === 0) return [];
  const [feeds, quarantine] = await Promise.all([
    readFeedsWithLastRun(adapter, connectors, clock),
    countOpenEntries(adapter, connectors),
  ]);
  return feeds.map((row) => {
    const counts = quarantine.get(row.id);
    return {
      connector: row.connector,
      // The cast is safe, because the store writes only the names of streams into this column.
      stream: row.stream as Stream,
      rows: row.head_seq,
      ...(row.head_time === null ? {} : { lastRowAt: row.head_time }),
      ...(row.caught_up_at === null ? {} : { caughtUpAt: row.caught_up_at }),
      ...(row.due_at < 0 ? {} : { dueAt: row.due_at }),
      isPulling: row.holder !== null && row.leased_until > row.now,
      ...(row.paused_at === null ? {} : { pausedAt: row.paused_at }),
      rejectedRecords: counts?.refusal ?? 0,
      dataWarnings: counts?.finding ?? 0,
      ...(row.run_started_at === null
        ? {}
        : { lastRun: toSyncRun({ ...row, started_at: row.run_started_at }, row.stream as Stream) }),
    };
  });
}

type FeedColumns = Omit<Selectable<FeedTable>, 'cursor' | 'fencing_token' | 'summed_after' | 'recent_sums'>;
type RunColumns = Omit<SyncRunTable, 'connector' | 'stream' | 'started_at'>;

/** A feed and its newest run. All columns of the run are `null` if the feed has no run. */
interface FeedWithLastRun extends FeedColumns, RunColumns {
  now: number;
  run_started_at: number | null;
}

/** Finds the newest run of each feed, using the index of runs. If two runs have the same start, only one of them is returned. */
async function readFeedsWithLastRun(
  adapter: DatabaseAdapter,
  connectors: readonly string[],
  clock: CurrentTimeExpression,
): Promise<FeedWithLastRun[]> {
  const { rows } = await sql<FeedWithLastRun>`
    select f.id, f.connector, f.stream, f.head_seq, f.head_time, f.caught_up_at, f.due_at, f.holder, f.leased_until, f.paused_at,
      ${clock()} as now, r.started_at as run_started_at, r.duration, r.pages, r.records, r.added, r.changed, r.refused, r.error
    from feeds f
    left join sync_runs r on r.connector = f.connector and r.stream = f.stream and r.started_at = (
      select max(newest.started_at) from sync_runs newest where newest.connector = f.connector and newest.stream = f.stream)
    where ${adapter.inArray('f.connector', connectors)}
    order by f.connector, f.stream`.execute(adapter.reader);
  return rows.filter((row, index) => row.id !== rows[index - 1]?.id);
}

type OpenEntryCounts = Record<'refusal' | 'finding', number>;

async function countOpenEntries(
  adapter: DatabaseAdapter,
  connectors: readonly string[],
): Promise<Map<number, OpenEntryCounts>> {
  const rows = await selectOpenEntries(adapter, { connectors })
    .select((eb) => ['quarantine.feed_id', 'quarantine.kind', eb.fn.countAll().as('count')])
    .groupBy(['quarantine.feed_id', 'quarantine.kind'])
    .execute();
  const counts = new Map<number, OpenEntryCounts>();
  for (const { feed_id, kind, count } of rows)
    counts.set(feed_id, { refusal: 0, finding: 0, ...counts.get(feed_id), [kind]: Number(count) });
  return counts;
}
