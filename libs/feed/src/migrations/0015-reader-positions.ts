import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../database/database-adapter.js';

/** Adds the position of each reader (the client of one API key) in each feed. `readers/reader-positions.ts` describes the columns. */
export async function createReaderPositionsTable(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('reader_positions')
    .addColumn('connector', types.text, (column) => column.notNull())
    .addColumn('reader', types.text, (column) => column.notNull())
    .addColumn('stream', types.text, (column) => column.notNull())
    .addColumn('requested_at', types.integer, (column) => column.notNull())
    .addColumn('filter_from', types.integer)
    .addColumn('read_seq', types.integer)
    .addColumn('interval_ms', types.integer)
    .addColumn('requests', types.integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('reader_positions_key', ['connector', 'reader', 'stream'])
    .execute();
}
