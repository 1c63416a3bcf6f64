/** Reads the unresolved entries of the quarantine page by page, newest first. */
import { sql } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { QuarantineEntry } from '../types/quarantine.types.js';
import type { QuarantineFilter, QuarantineKey, QuarantinePosition } from '../types/operator.types.js';
import { selectOpenEntries } from './select-open-entries.js';

const COLUMNS = ['connector', 'stream', 'kind', 'record_id', 'reason', 'since', 'seen_at'] as const;

export async function listQuarantinePage(
  adapter: DatabaseAdapter,
  filter: QuarantineFilter,
  after: QuarantinePosition | undefined,
  limit: number,
): Promise<QuarantineEntry[]> {
  if (filter.connectors.length === 0) return [];
  const rows = await selectOpenEntries(adapter, filter)
    .select(COLUMNS)
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`(since, connector, stream, kind, record_id) < (${after?.since}, ${after?.connector}, ${after?.stream}, ${after?.kind}, ${after?.id})`,
      ),
    )
    .orderBy('since', 'desc')
    .orderBy('connector', 'desc')
    .orderBy('stream', 'desc')
    .orderBy('kind', 'desc')
    .orderBy('record_id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => toEntry({ ...row, raw: null }));
}

export async function findQuarantineEntry(
  { reader }: DatabaseAdapter,
  { connector, stream, kind, id }: QuarantineKey,
): Promise<QuarantineEntry | undefined> {
  const row = await reader
    .selectFrom('quarantine')
    .innerJoin('feeds', 'feeds.id', 'quarantine.feed_id')
    .select([...COLUMNS, 'raw'])
    .where('connector', '=', connector)
    .where('stream', '=', stream)
    .where('kind', '=', kind)
    .where('record_id', '=', id)
    .where('cleared_at', 'is', null)
    .executeTakeFirst();
  return row && toEntry(row);
}

interface EntryRow {
  connector: string;
  stream: string;
  kind: QuarantineEntry['kind'];
  record_id: string;
  reason: string;
  raw: string | null;
  since: number;
  seen_at: number | null;
}

function toEntry({ record_id, raw, stream, seen_at, ...row }: EntryRow): QuarantineEntry {
  return {
    ...row,
    id: record_id,
    // The cast is safe, because the store writes only the names of streams into this column.
    stream: stream as QuarantineEntry['stream'],
    ...(seen_at === null ? {} : { seenAt: seen_at }),
    ...(raw === null ? {} : { raw }),
  };
}
