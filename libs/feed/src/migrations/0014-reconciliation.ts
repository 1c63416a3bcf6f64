import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../database/database-adapter.js';

/** Adds the table of ledger transactions and the tables of reconciliation. See docs/decisions/0017-reconciliation.md. */
export async function createReconciliationTables(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await types
    .clustered(
      db.schema
        .createTable('ledger_transactions')
        .addColumn('ledger', types.text, (column) => column.notNull())
        .addColumn('id', types.integer, (column) => column.notNull())
        .addColumn('at', types.integer, (column) => column.notNull())
        .addColumn('reference', types.text)
        .addColumn('metadata', types.text, (column) => column.notNull())
        .addColumn('postings', types.text, (column) => column.notNull())
        .addPrimaryKeyConstraint('ledger_transactions_key', ['ledger', 'id']),
    )
    .execute();
  await db.schema
    .createTable('reconciliation_policies')
    .addColumn('id', types.text, (column) => column.primaryKey())
    .addColumn('name', types.text, (column) => column.notNull())
    .addColumn('spec', types.text, (column) => column.notNull())
    .addColumn('items', types.integer, (column) => column.notNull())
    .addColumn('created_at', types.integer, (column) => column.notNull())
    .execute();
  await types
    .clustered(
      db.schema
        .createTable('reconciliation_positions')
        .addColumn('policy_id', types.text, (column) => column.notNull())
        .addColumn('side', types.text, (column) => column.notNull())
        .addColumn('source', types.text, (column) => column.notNull())
        .addColumn('position', types.integer, (column) => column.notNull())
        .addPrimaryKeyConstraint('reconciliation_positions_key', ['policy_id', 'side', 'source']),
    )
    .execute();
  await createItems(db, types);
  await createRuns(db, types);
}

async function createItems(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await types
    .clustered(
      db.schema
        .createTable('reconciliation_items')
        .addColumn('policy_id', types.text, (column) => column.notNull())
        .addColumn('number', types.integer, (column) => column.notNull())
        .addColumn('side', types.text, (column) => column.notNull())
        .addColumn('source', types.text, (column) => column.notNull())
        .addColumn('record_id', types.text, (column) => column.notNull())
        .addColumn('since_position', types.integer, (column) => column.notNull())
        .addColumn('until_position', types.integer)
        .addColumn('account', types.text, (column) => column.notNull())
        .addColumn('asset', types.text, (column) => column.notNull())
        .addColumn('amount', types.text, (column) => column.notNull())
        .addColumn('at', types.integer, (column) => column.notNull())
        .addColumn('state', types.text, (column) => column.notNull())
        .addPrimaryKeyConstraint('reconciliation_items_key', ['policy_id', 'number']),
    )
    .execute();
  await db.schema
    .createIndex('reconciliation_items_by_record')
    .on('reconciliation_items')
    .columns(['policy_id', 'side', 'source', 'record_id'])
    .execute();
  await types
    .clustered(
      db.schema
        .createTable('reconciliation_keys')
        .addColumn('policy_id', types.text, (column) => column.notNull())
        .addColumn('rule', types.integer, (column) => column.notNull())
        .addColumn('key', types.text, (column) => column.notNull())
        .addColumn('number', types.integer, (column) => column.notNull())
        .addPrimaryKeyConstraint('reconciliation_keys_key', ['policy_id', 'rule', 'key', 'number']),
    )
    .execute();
}

async function createRuns(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('reconciliation_runs')
    .addColumn('id', types.text, (column) => column.primaryKey())
    .addColumn('policy_id', types.text, (column) => column.notNull())
    .addColumn('name', types.text, (column) => column.notNull())
    .addColumn('inputs', types.text, (column) => column.notNull())
    .addColumn('started_at', types.integer, (column) => column.notNull())
    .addColumn('finished_at', types.integer)
    .addColumn('event_seq', types.integer)
    .addColumn('verdict', types.text)
    .addColumn('summary', types.text)
    .addColumn('sha256', types.text)
    .execute();
  await db.schema
    .createIndex('reconciliation_runs_by_name')
    .on('reconciliation_runs')
    .columns(['name', 'event_seq'])
    .execute();
  await types
    .clustered(
      db.schema
        .createTable('reconciliation_breaks')
        .addColumn('run_id', types.text, (column) => column.notNull())
        .addColumn('id', types.text, (column) => column.notNull())
        .addColumn('class', types.text, (column) => column.notNull())
        .addColumn('state', types.text, (column) => column.notNull())
        .addColumn('body', types.text, (column) => column.notNull())
        .addPrimaryKeyConstraint('reconciliation_breaks_key', ['run_id', 'id']),
    )
    .execute();
  await db.schema
    .createTable('reconciliation_events')
    .addColumn('seq', types.integer, (column) => column.primaryKey())
    .addColumn('body', types.text, (column) => column.notNull())
    .addColumn('hash', types.text, (column) => column.notNull())
    .execute();
}
