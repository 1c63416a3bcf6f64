/**
 * Counts the unresolved entries of the quarantine and returns the times of the oldest and the newest entry, without reading the entries.
 */
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { QuarantineFilter, QuarantineSummary } from '../types/operator.types.js';
import type { QuarantineEntry } from '../types/quarantine.types.js';
import { selectOpenEntries } from './select-open-entries.js';

export async function summarizeQuarantine(
  adapter: DatabaseAdapter,
  filter: QuarantineFilter,
): Promise<QuarantineSummary[]> {
  if (filter.connectors.length === 0) return [];
  const rows = await selectOpenEntries(adapter, filter)
    .select((eb) => [
      ...(['connector', 'stream', 'kind'] as const),
      eb.fn.countAll().as('count'),
      eb.fn.min('since').as('oldest_since'),
      eb.fn.max('since').as('newest_since'),
    ])
    .groupBy(['connector', 'stream', 'kind'])
    .orderBy('connector')
    .orderBy('stream')
    .orderBy('kind')
    .execute();
  return rows.map((row) => ({
    // The cast is safe, because the store writes only the names of streams into this column.
    ...{ connector: row.connector, stream: row.stream as QuarantineEntry['stream'], kind: row.kind },
    count: Number(row.count),
    oldestSince: Number(row.oldest_since),
    newestSince: Number(row.newest_since),
  }));
}
