/** Builds the common part of all queries for unresolved entries of the quarantine. */
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { QuarantineFilter } from '../types/operator.types.js';

export function selectOpenEntries(
  adapter: DatabaseAdapter,
  { connectors, stream, kind, id }: QuarantineFilter,
) {
  return adapter.reader
    .selectFrom('quarantine')
    .innerJoin('feeds', 'feeds.id', 'quarantine.feed_id')
    .where('cleared_at', 'is', null)
    .where(adapter.inArray('feeds.connector', connectors))
    .$if(stream !== undefined, (query) => query.where('stream', '=', stream ?? ''))
    .$if(kind !== undefined, (query) => query.where('kind', '=', kind ?? 'refusal'))
    .$if(id !== undefined, (query) => query.where('record_id', '=', id ?? ''));
}
