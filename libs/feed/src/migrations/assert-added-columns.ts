/**
 * Checks that the store has all columns that the migrations up to its version added. The number of the version does not prove this: some
 * programs between two releases recorded version 6 for a migration that is now version 7.
 */
import type { Schema } from '../database/schema.js';
import type { FoundTables } from './assert-own-tables.js';

/** The version that adds the column `place`. In some programs between two releases, another migration had this number. */
const ROW_KEYS_VERSION = 6;

interface AddedColumn {
  /** The version whose migration adds the column. */
  since: number;
  table: keyof Schema;
  column: string;
}

const ADDED_COLUMNS: readonly AddedColumn[] = [
  { since: 4, table: 'feeds', column: 'due_at' },
  { since: 10, table: 'feeds', column: 'fencing_token' },
  { since: 10, table: 'store_identity', column: 'min_program_version' },
  { since: 11, table: 'store_identity', column: 'deployment' },
  { since: 12, table: 'balances', column: 'amounts_since' },
  { since: 13, table: 'feeds', column: 'summed_after' },
  { since: 18, table: 'feeds', column: 'paused_at' },
  { since: 18, table: 'quarantine', column: 'dismissed_at' },
  { since: 25, table: 'store_identity', column: 'feed_set_id' },
  { since: 26, table: 'feeds', column: 'recent_sums' },
];
const ROW_KEY_COLUMN: AddedColumn = { since: ROW_KEYS_VERSION, table: 'feed_rows', column: 'place' };

/**
 * Checks that the columns exist. The function must be called after the check that the tables exist.
 * @param hasRowKeys true if the database stores rows sorted by an integer key
 * @throws Error that contains the name of the column and the steps to repair the store
 */
export function assertAddedColumns(found: FoundTables, version: number, hasRowKeys: boolean): void {
  for (const { since, table, column } of hasRowKeys ? [ROW_KEY_COLUMN, ...ADDED_COLUMNS] : ADDED_COLUMNS) {
    if (since > version || found.get(table)?.columns.has(column)) continue;
    throw new Error(
      `the table migrations says that this is a store of version ${version}, but the table ${table} has no column ${column}, which version ${since} adds: ` +
        `a program from between two releases wrote the store, or another program changed it. ${describeRepair(version, since)}`,
    );
  }
}

/**
 * Returns the steps to repair the store. A store of version 6 only needs the column, because migration 7 can run again on rows that it has
 * already changed.
 */
function describeRepair(version: number, since: number): string {
  return version === ROW_KEYS_VERSION && since === ROW_KEYS_VERSION
    ? `Stop every program that uses the store, back it up, and run "delete from migrations where version = ${version}" in it once; the next start adds the column`
    : `Put back a backup from before version ${since}, and start this release with it`;
}
