import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../database/database-adapter.js';
import { FIRST_FENCED_VERSION, reserveFenceColumn } from './fence-old-programs.js';

/** Adds the column with the oldest program version that may use the tables. See docs/decisions/0013-upgrades-fence-old-programs.md. */
export async function addFencingColumns(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  // In an existing store, the column `fence` was already changed before the first migration. In a new store, it is changed here.
  await reserveFenceColumn(db, types);
  await db.schema
    .alterTable('store_identity')
    .addColumn('min_program_version', types.integer, (column) =>
      column.notNull().defaultTo(FIRST_FENCED_VERSION),
    )
    .execute();
}
