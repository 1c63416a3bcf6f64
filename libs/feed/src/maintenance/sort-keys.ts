/** The tables that are copied to another store, and the columns that identify a row of each table. */
import type { Schema } from '../database/schema.js';

/**
 * The tables that are copied. `last_pages` and the sessions of operators are not copied, because they are valid only for a short time. The
 * identity is not copied, because the copy gets an identity of its own.
 */
type TableName = Exclude<keyof Schema, 'migrations' | 'last_pages' | 'store_identity' | 'operator_sessions'>;

/** The columns by which each table is sorted. Each batch starts after the last row of the previous batch. */
export const SORT_KEYS: Readonly<Record<TableName, readonly string[]>> = {
  feeds: ['id'],
  // The feed time sorts rows in the same sequence as `seq`, and both databases have an index for it.
  feed_rows: ['feed_id', 'feed_time'],
  balances: ['connector', 'account_id'],
  balance_history: ['connector', 'account_id', 'day'],
  reader_balances: ['connector', 'reader', 'account_id'],
  quarantine: ['feed_id', 'kind', 'record_id'],
  // Two runs of a stream can start in the same millisecond, so all columns are sort columns. Rows that are equal in all columns are
  // identical.
  sync_runs: [
    'connector',
    'stream',
    'started_at',
    'duration',
    'pages',
    'records',
    'added',
    'changed',
    'refused',
  ],
  orders: ['id'],
  order_history: ['order_id', 'entry'],
  order_days: ['connector', 'day', 'asset'],
  order_exchanges: ['order_id', 'at', 'position'],
  order_proposals: ['order_id'],
  connectors: ['connector'],
  account_sums: ['feed_id', 'account_id', 'asset'],
  feed_checkpoints: ['feed_id', 'seq'],
  ledger_transactions: ['ledger', 'id'],
  reconciliation_policies: ['id'],
  reconciliation_positions: ['policy_id', 'side', 'source'],
  reconciliation_items: ['policy_id', 'number'],
  reconciliation_keys: ['policy_id', 'rule', 'key', 'number'],
  reconciliation_runs: ['id'],
  reconciliation_breaks: ['run_id', 'id'],
  reconciliation_events: ['seq'],
  audit_events: ['seq'],
  held_rows: ['feed_id', 'position'],
  feed_cursors: ['feed_id', 'at'],
  reader_positions: ['connector', 'reader', 'stream'],
  scheduled_tasks: ['name'],
  sent_alerts: ['channel', 'alert'],
};
