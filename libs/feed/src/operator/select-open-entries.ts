/** Builds the part that the queries for unresolved entries of the quarantine have in common. */
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { QuarantineFilter } from '../types/operator.types.js';

export function selectOpenEntries(adapter: DatabaseAdapter, { connectors, stream, kind }: QuarantineFilter) {
  return adapter.reader
    .selectFrom('quarantine')
    .innerJoin('feeds', 'feeds.id', 'quarantine.feed_id')
    .where('cleared_at', 'is', null)
    .where(adapter.inArray('feeds.connector', connectors))
    .$if(stream !== undefined, (query) => query.where('stream', '=', stream ?? ''))
    .$if(kind !== undefined, (query) => query.where('kind', '=', kind ?? 'refusal'));
}
