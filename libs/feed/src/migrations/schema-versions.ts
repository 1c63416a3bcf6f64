/**
 * The schema versions that this release supports. A store of any older version is migrated. A store that a newer release has migrated can
 * also be opened, if its tables still support this release: each migration declares the oldest version whose programs can run beside it.
 */
import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../database/database-adapter.js';
import { createFeedTables } from './0001-feeds.js';
import { createOrderTables } from './0002-orders.js';
import { createLastPagesTable } from './0003-last-pages.js';
import { addScheduleColumns } from './0004-schedules.js';
import { indexOpenQuarantineEntries } from './0005-open-quarantine-entries.js';
import { addRowKeyColumn } from './0006-row-keys.js';
import { countUnmarkedReturns, markPublishedReturns } from './0007-published-returns.js';
import { createStoreIdentityTable } from './0008-store-identity.js';
import { createConnectorsTable } from './0009-connectors.js';
import { addFencingColumns } from './0010-fencing.js';
import { addDeploymentColumn } from './0011-deployment.js';
import { addReaderBalancesTable } from './0012-reader-balances.js';
import { createAccountSumTables } from './0013-account-sums.js';
import { createReconciliationTables } from './0014-reconciliation.js';
import { createReaderPositionsTable } from './0015-reader-positions.js';
import { createOperatorTables } from './0016-operator-tables.js';
import { createHeldRowsTable } from './0017-held-rows.js';
import { addOperatorActionColumns } from './0018-pause-reread-dismiss.js';
import { createScheduledTaskTables } from './0019-scheduled-tasks.js';
import { mergeZeroDecimalSums } from './0020-merge-zero-decimal-sums.js';
import { indexReconciliationKeysByNumber } from './0021-reconciliation-keys-by-number.js';
import { createOrderExchangesTable } from './0022-order-exchanges.js';
import { createOrderProposalsTable } from './0023-order-proposals.js';
import { addFeedSetIdColumn } from './0024-feed-set-id.js';
import { addRecentSumsColumn } from './0026-recent-sums.js';
import { createBalanceHistoryTable } from './0027-balance-history.js';

/** A migration that runs in one transaction. */
interface TableMigration {
  apply(db: Kysely<unknown>, types: ColumnTypes): Promise<void>;
}

/** A migration that changes the rows of a table in the sequence of their ids, with one transaction for each batch. */
interface RowMigration {
  /** The name of the changed rows in progress messages: `returned orders`. */
  noun: string;
  count(db: Kysely<unknown>): Promise<number>;
  /**
   * Changes the rows after this id. The function can run again on rows that it has already changed.
   * @returns `undefined` when no rows are left
   */
  applyBatch(db: Kysely<unknown>, afterId: string): Promise<{ lastId: string; changed: number } | undefined>;
}

export type Migration = (TableMigration | RowMigration) & {
  /**
   * The oldest schema version whose programs can read and write the tables after this migration. Programs of older versions are stopped
   * before the migration begins. A migration that only adds a table, an index or a column with a default value can declare an earlier
   * version than its own.
   */
  minProgramVersion: number;
};

/**
 * All migrations in sequence. The entry at index n migrates a store from version n to n + 1. A released migration is never changed.
 * Programs before version 10 do not read `minProgramVersion`, so version 10 stops all of them.
 */
export const MIGRATIONS: readonly Migration[] = [
  { apply: createFeedTables, minProgramVersion: 1 },
  { apply: createOrderTables, minProgramVersion: 2 },
  { apply: createLastPagesTable, minProgramVersion: 3 },
  { apply: addScheduleColumns, minProgramVersion: 4 },
  { apply: indexOpenQuarantineEntries, minProgramVersion: 4 },
  { apply: addRowKeyColumn, minProgramVersion: 6 },
  {
    noun: 'returned orders',
    count: countUnmarkedReturns,
    applyBatch: markPublishedReturns,
    minProgramVersion: 7,
  },
  { apply: createStoreIdentityTable, minProgramVersion: 8 },
  { apply: createConnectorsTable, minProgramVersion: 9 },
  { apply: addFencingColumns, minProgramVersion: 10 },
  { apply: addDeploymentColumn, minProgramVersion: 10 },
  // Earlier programs change amounts without updating `amounts_since`.
  { apply: addReaderBalancesTable, minProgramVersion: 12 },
  // An older program appends rows without adding them to the sums, so every balance would seem to be wrong.
  { apply: createAccountSumTables, minProgramVersion: 13 },
  // The migration only adds tables.
  { apply: createReconciliationTables, minProgramVersion: 13 },
  { apply: createReaderPositionsTable, minProgramVersion: 13 },
  { apply: createOperatorTables, minProgramVersion: 13 },
  // An older program appends originals without releasing the held rows that wait for them.
  { apply: createHeldRowsTable, minProgramVersion: 17 },
  // An older program pulls a paused stream, and shows a dismissed entry again. Its data stays correct, so it may continue.
  { apply: addOperatorActionColumns, minProgramVersion: 17 },
  // The migration only adds tables.
  { apply: createScheduledTaskTables, minProgramVersion: 17 },
  // An older program can add a sum of JPY/0 again. Only the alarms about it are wrong, so it may continue.
  { apply: mergeZeroDecimalSums, minProgramVersion: 17 },
  // The migration only adds an index.
  { apply: indexReconciliationKeysByNumber, minProgramVersion: 17 },
  // The migration only adds a table.
  { apply: createOrderExchangesTable, minProgramVersion: 17 },
  // The migration only adds a table. An older program resolves an order without a second person, as its version promises.
  { apply: createOrderProposalsTable, minProgramVersion: 17 },
  // Triggers update the new column, also when an older program creates a feed.
  { apply: addFeedSetIdColumn, minProgramVersion: 17 },
  // In SQLite, earlier programs recorded version 24 without the column.
  { apply: addFeedSetIdColumn, minProgramVersion: 17 },
  // An older program ignores the sums in the new column, so every balance would seem to be wrong.
  { apply: addRecentSumsColumn, minProgramVersion: 26 },
  // The migration only adds a table. While an older program observes balances, days are missing.
  { apply: createBalanceHistoryTable, minProgramVersion: 26 },
];

/** The version of the tables that this release creates. */
export const SCHEMA_VERSION = MIGRATIONS.length;
