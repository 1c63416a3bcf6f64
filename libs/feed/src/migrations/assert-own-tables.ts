/**
 * Recognises the tables of a store by their columns. In the database schema that is configured for the store, another program may have
 * tables with the same names, e.g. `migrations` or `orders`.
 */
import type { Kysely } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { Schema } from '../database/schema.js';

interface TableMarks {
  /** The store version that creates the table. */
  since: number;
  /** The columns that the table has had since its creation. */
  columns: readonly string[];
}

const TABLES: Readonly<Record<keyof Schema, TableMarks>> = {
  migrations: { since: 1, columns: ['version', 'applied_at'] },
  feeds: { since: 1, columns: ['id', 'connector', 'stream', 'head_seq', 'head_time', 'cursor'] },
  feed_rows: { since: 1, columns: ['feed_id', 'seq', 'feed_time', 'record_id', 'hash', 'body'] },
  balances: { since: 1, columns: ['connector', 'account_id', 'observed_at', 'served_at', 'amounts'] },
  quarantine: { since: 1, columns: ['feed_id', 'kind', 'record_id', 'reason', 'since', 'cleared_at'] },
  sync_runs: { since: 1, columns: ['connector', 'stream', 'started_at', 'duration', 'pages', 'refused'] },
  orders: { since: 2, columns: ['id', 'connector', 'idempotency_key', 'psp_key', 'request', 'state'] },
  order_history: { since: 2, columns: ['order_id', 'entry', 'at', 'state', 'event'] },
  order_days: { since: 2, columns: ['connector', 'day', 'asset', 'total'] },
  last_pages: { since: 3, columns: ['feed_id', 'from_time', 'page_size', 'page', 'until'] },
  store_identity: { since: 8, columns: ['store_id', 'epoch', 'beat'] },
  connectors: { since: 9, columns: ['connector', 'plugin', 'account'] },
  reader_balances: { since: 12, columns: ['connector', 'reader', 'account_id', 'interval_ms'] },
  account_sums: { since: 13, columns: ['feed_id', 'account_id', 'asset', 'total', 'opening', 'gap'] },
  reader_positions: { since: 15, columns: ['connector', 'reader', 'stream', 'filter_from', 'read_seq'] },
  held_rows: { since: 17, columns: ['feed_id', 'position', 'record_id', 'original_id', 'served_alone_at'] },
  scheduled_tasks: { since: 19, columns: ['name', 'next_at', 'holder', 'lease_until'] },
  sent_alerts: { since: 19, columns: ['channel', 'alert', 'fingerprint', 'body', 'sent_at'] },
  feed_checkpoints: { since: 13, columns: ['feed_id', 'seq', 'at', 'cursor'] },
  ledger_transactions: { since: 14, columns: ['ledger', 'id', 'reference', 'metadata', 'postings'] },
  reconciliation_policies: { since: 14, columns: ['id', 'name', 'spec', 'items'] },
  reconciliation_positions: { since: 14, columns: ['policy_id', 'side', 'source', 'position'] },
  reconciliation_items: { since: 14, columns: ['policy_id', 'number', 'since_position', 'until_position'] },
  reconciliation_keys: { since: 14, columns: ['policy_id', 'rule', 'key', 'number'] },
  reconciliation_runs: { since: 14, columns: ['id', 'policy_id', 'inputs', 'verdict', 'sha256'] },
  reconciliation_breaks: { since: 14, columns: ['run_id', 'id', 'class', 'state', 'body'] },
  reconciliation_events: { since: 14, columns: ['seq', 'body', 'hash'] },
  audit_events: { since: 16, columns: ['seq', 'at', 'tenant', 'connector', 'body', 'hash'] },
  feed_cursors: { since: 18, columns: ['feed_id', 'at', 'cursor'] },
  order_exchanges: { since: 22, columns: ['order_id', 'at', 'position', 'body', 'expires_at'] },
  order_proposals: { since: 23, columns: ['order_id', 'id', 'key_id', 'proposed_by', 'body'] },
  balance_history: { since: 27, columns: ['connector', 'account_id', 'day', 'observed_at', 'amounts'] },
  operator_sessions: { since: 16, columns: ['token_hash', 'key_id', 'expires_at'] },
};

const ADVICE =
  'give the store a database or a schema of its own. In PostgreSQL: create schema tributary; alter role <role of the store> set search_path = tributary';

/** A table that was found in the database. It may belong to another program. */
export interface FoundTable {
  /** The name with the database schema: `public.orders`. */
  name: string;
  columns: ReadonlySet<string>;
}

export type FoundTables = ReadonlyMap<string, FoundTable>;

/** Finds the tables that have the same name as a table of this library. */
export async function findTables(adapter: DatabaseAdapter, db: Kysely<Schema>): Promise<FoundTables> {
  const tables = new Map<string, { name: string; columns: Set<string> }>();
  for (const { schema, table, column } of await adapter.listColumns(db, Object.keys(TABLES))) {
    const found = tables.get(table) ?? { name: `${schema}.${table}`, columns: new Set<string>() };
    tables.set(table, found);
    found.columns.add(column);
  }
  return tables;
}

/**
 * Checks that the database has the tables of a store of this version. It also checks that no other program has a table with the name of a
 * table that a later version creates.
 * @param version 0 when the database has no store yet
 * @throws Error that contains the name of the other program's table
 */
export function assertOwnTables(found: FoundTables, version: number): void {
  for (const table of Object.keys(TABLES) as (keyof Schema)[]) {
    const present = found.get(table);
    if (TABLES[table].since > version && present)
      throw new Error(
        `the table ${present.name} belongs to another program: a store of version ${version} has no table of this name; ${ADVICE}`,
      );
    if (TABLES[table].since > version) continue;
    if (present) assertOwnColumns(present, table);
    else
      throw new Error(
        `the table migrations says that this is a store of version ${version}, but there is no table ${table}: ` +
          `either another program owns the table migrations, or the store is incomplete. In the first case ${ADVICE}. In the second case put back a backup`,
      );
  }
}

/**
 * Checks the columns of a table.
 * @throws Error when the table lacks one of its columns
 */
export function assertOwnColumns({ name, columns }: FoundTable, table: keyof Schema): void {
  const missing = TABLES[table].columns.filter((column) => !columns.has(column));
  if (missing.length === 0) return;
  throw new Error(
    `the table ${name} belongs to another program: it has no column ${missing.join(', ')}; ${ADVICE}`,
  );
}
