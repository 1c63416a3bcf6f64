import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../database/database-adapter.js';
import { FIRST_FENCED_VERSION, reserveFenceColumn } from './fence-old-programs.js';

/** Adds the oldest program version that may use the tables. See docs/decisions/0013-upgrades-fence-old-programs.md. */
export async function addFencingColumns(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  // The tables of an existing store were changed before the first migration; those of a new store are changed here.
  await reserveFenceColumn(db, types);
  await db.schema
    .alterTable('store_identity')
    .addColumn('min_program_version', types.integer, (column) =>
      column.notNull().defaultTo(FIRST_FENCED_VERSION),
    )
    .execute();
}
