/**
 * Tests the query plans of SQLite for the statements of a run. If the plan of a statement that a run repeats for each batch of new rows read
 * all stored rows, the cost of a run would grow with the old rows.
 */
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect, type CompiledQuery } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { Schema } from '../database/schema.js';
import { openStore } from '../store/open-store.js';
import { openAdapter } from '../testing/open-adapter.js';
import {
  FEW_ROWS,
  fillReconciliation,
  READING_CALLS,
  WRITING_CALLS,
} from '../testing/reconciliation-statements.js';
import { SQLITE_STORE, type FreshStore } from '../testing/stores.js';
import { createReconciliationRepository } from './reconciliation-repository.js';

let fresh: FreshStore;
let file: Database.Database;
let adapter: DatabaseAdapter;
let queries: CompiledQuery[];

beforeEach(async () => {
  fresh = await SQLITE_STORE.createMigrated();
  const store = await openStore(fresh.url);
  // SQLite has no statistics, so the plans do not depend on the number of rows.
  await fillReconciliation(store, { ...FEW_ROWS, connectors: ['bank'], policies: ['p1'] });
  await store.close();
  adapter = await openAdapter(fresh.url);
  file = new Database(fresh.url.slice('sqlite:'.length));
  queries = [];
});
afterEach(async () => {
  file.close();
  await adapter.close();
  await fresh.remove();
});

/** Returns an adapter whose statements are recorded. Its transactions are rolled back. */
function recordQueries(): DatabaseAdapter {
  const reader = new Kysely<Schema>({
    dialect: new SqliteDialect({ database: file }),
    log: ({ query }) => void queries.push(query),
  });
  const transaction: DatabaseAdapter['transaction'] = async (work) => {
    const opened = await reader.startTransaction().execute();
    try {
      return await work(opened, () => {});
    } finally {
      await opened.rollback().execute();
    }
  };
  return { ...adapter, reader, transaction, durableTransaction: transaction };
}

/** Returns the steps of the plans of the recorded statements. Steps that read no table are left out, and inserts have no steps. */
function explainQueries(): string[] {
  return queries
    .filter(({ sql }) => /^\s*(select|update|delete)/.test(sql))
    .flatMap(({ sql, parameters }) => {
      const steps = file.prepare(`explain query plan ${sql}`).all(...parameters) as { detail: string }[];
      return steps.map(({ detail }) => detail);
    })
    .filter((step) => /^(SEARCH|SCAN) (?!json_each|key_groups|amounts|CONSTANT)/.test(step));
}

const POLICY = 'SEARCH reconciliation_policies USING INDEX sqlite_autoindex_reconciliation_policies_1 (id=?)';
const FEED = 'SEARCH feeds USING COVERING INDEX sqlite_autoindex_feeds_1 (connector=? AND stream=?)';
const POSITION = 'SEARCH reconciliation_positions USING PRIMARY KEY (policy_id=? AND side=? AND source=?)';
const KEYED_ITEM = 'SEARCH i USING PRIMARY KEY (policy_id=? AND number=?)';
const RUN = 'SEARCH reconciliation_runs USING INDEX sqlite_autoindex_reconciliation_runs_1 (id=?)';
const BREAK = 'SEARCH reconciliation_breaks USING PRIMARY KEY (run_id=? AND id=?)';
/** A scan of events stops after the newest event. */
const LAST_EVENT = 'SCAN reconciliation_events';

const PLANS: readonly (readonly [string, readonly string[]])[] = [
  ['findPolicySpec', [POLICY]],
  ['findPosition', [POSITION]],
  ['countItems', [POLICY]],
  [
    'findItemsOfRecords',
    [
      'SEARCH reconciliation_items USING INDEX reconciliation_items_by_record (policy_id=? AND side=? AND source=? AND record_id=?)',
    ],
  ],
  [
    'findKeys',
    [
      'SEARCH reconciliation_keys USING COVERING INDEX reconciliation_keys_by_number (policy_id=? AND number=?)',
    ],
  ],
  ['findItemsByKeys', ['SEARCH k USING PRIMARY KEY (policy_id=? AND rule=? AND key=?)', KEYED_ITEM]],
  ['findItems', ['SEARCH reconciliation_items USING PRIMARY KEY (policy_id=? AND number=?)']],
  ['compareKeyGroups, first', ['SEARCH k USING PRIMARY KEY (policy_id=? AND rule=?)', KEYED_ITEM]],
  ['compareKeyGroups, next', ['SEARCH k USING PRIMARY KEY (policy_id=? AND rule=? AND key>?)', KEYED_ITEM]],
  ['sumItems', [POLICY, 'SEARCH i USING PRIMARY KEY (policy_id=? AND number>? AND number<?)']],
  ['findNewestLedgerId', ['SEARCH ledger_transactions USING PRIMARY KEY (ledger=?)']],
  ['readLedgerTransactions', ['SEARCH ledger_transactions USING PRIMARY KEY (ledger=? AND id>?)']],
  ['findLedgerTransaction', ['SEARCH ledger_transactions USING PRIMARY KEY (ledger=? AND id=?)']],
  ['readFeedRows', [FEED, 'SEARCH feed_rows USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)']],
  [
    'findFeedHead',
    [
      'SEARCH feeds USING INDEX sqlite_autoindex_feeds_1 (connector=? AND stream=?)',
      'SEARCH held_rows USING PRIMARY KEY (feed_id=?)',
    ],
  ],
  ['findFeedRow', [FEED, 'SEARCH feed_rows USING INDEX feed_rows_by_version (feed_id=? AND record_id=?)']],
  ['findRun', [RUN]],
  ['listRuns', ['SEARCH reconciliation_runs USING INDEX reconciliation_runs_by_name (name=?)']],
  ['readBreaks', ['SEARCH reconciliation_breaks USING PRIMARY KEY (run_id=? AND id>?)']],
  ['findBreak', [BREAK]],
  ['findBreakIds', [BREAK]],
  ['readEvents', ['SEARCH reconciliation_events USING INTEGER PRIMARY KEY (rowid>?)']],
  ['findLastEventSeq', [LAST_EVENT]],
  [
    'storeItems',
    [
      POSITION,
      POLICY,
      POSITION,
      'SEARCH reconciliation_items USING PRIMARY KEY (policy_id=? AND number=?)',
      POLICY,
    ],
  ],
  ['storeLedgerTransactions', []],
  [
    'beginRun',
    ['SEARCH reconciliation_runs USING INDEX reconciliation_runs_by_name (name=? AND event_seq=?)'],
  ],
  [
    'finishRun',
    ['SCAN store_identity USING COVERING INDEX sqlite_autoindex_store_identity_1', LAST_EVENT, RUN],
  ],
];

it('has a plan for each call', () => {
  const calls = Object.keys({ ...READING_CALLS, ...WRITING_CALLS });
  expect(PLANS.map(([name]) => name).sort()).toEqual(calls.sort());
});

it.each(PLANS)('reads few rows: %s', async (name, steps) => {
  const call = { ...READING_CALLS, ...WRITING_CALLS }[name];
  await call!(createReconciliationRepository(recordQueries()));
  expect(explainQueries()).toEqual(steps);
});
