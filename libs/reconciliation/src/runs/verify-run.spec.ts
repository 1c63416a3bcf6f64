/** Tests that `verifyRun` and `verifyEvents` detect a change of each column of each stored item, break, run and event. */
import { openStore, type Store } from '@tributary/feed';
import { runSql } from '../../../feed/src/testing/raw-sql.js';
import { SQLITE_STORE, type FreshStore } from '../../../feed/src/testing/stores.js';
import { BreakDecisions } from '../breaks/break-decisions.js';
import { verifyEvents } from '../events/verify-events.js';
import type { Policy } from '../policy/policy.types.js';
import { appendRows, createPayment } from '../testing/feed-rows.js';
import { MemoryLedger } from '../testing/memory-ledger.js';
import { runPolicy, verifyRun } from './run-policy.js';
import { streamBreaks } from './stream-breaks.js';

const AT = Date.UTC(2026, 0, 10);
const POLICY: Policy = {
  ...{ name: 'psp', ledger: 'memory/main', sign: 'same' },
  accounts: [{ connector: 'bank', account: 'a', address: 'psp:a' }],
  rules: [{ kind: 'exact', psp: 'id', ledger: 'reference' }],
  grace: { bookingMs: 0, settlementMs: 0 },
};
const COLUMNS = {
  reconciliation_items: [
    ...['policy_id', 'number', 'side', 'source', 'record_id', 'since_position', 'until_position'],
    ...['account', 'asset', 'amount', 'at', 'state'],
  ],
  reconciliation_keys: ['policy_id', 'rule', 'key', 'number'],
  reconciliation_breaks: ['run_id', 'id', 'class', 'state', 'body'],
  reconciliation_runs: [
    ...['id', 'policy_id', 'name', 'inputs', 'started_at', 'finished_at', 'event_seq', 'verdict', 'summary'],
    'sha256',
  ],
  reconciliation_events: ['seq', 'body', 'hash'],
};

let fresh: FreshStore;
let store: Store;
let runId: string;
beforeAll(async () => {
  fresh = await SQLITE_STORE.createMigrated();
  store = await openStore(fresh.url, () => AT);
  for (const amount of [7n, 8n])
    await appendRows(
      store,
      'bank',
      ['p', 'q', 'r'].map((id) => createPayment(id, 'a', amount, AT)),
    );
  const ledger = new MemoryLedger();
  const postings = [{ source: 'world', destination: 'psp:a', asset: 'EUR/2', amount: 8n }];
  for (const reference of ['p', 'q', 'x']) ledger.book(postings, { reference, at: AT });
  const first = await runPolicy(store, POLICY, { ledger }, AT);
  for await (const { id } of streamBreaks(store.reconciliation(), first.id))
    await new BreakDecisions(store.reconciliation(), ['psp']).comment(id, { by: 'ana', note: 'seen' });
  runId = (await runPolicy(store, POLICY, { ledger }, AT + 1)).id;
});
afterAll(async () => {
  await store.close();
  await fresh.remove();
});

async function verify(): Promise<string | undefined> {
  const repository = store.reconciliation();
  const { problem } = await verifyEvents(repository);
  if (problem !== undefined) return problem;
  const run = await repository.findRun(runId);
  return run ? verifyRun(repository, run) : 'the run is gone';
}

test('a store that was not changed has no problem', async () => {
  expect(await verify()).toBeUndefined();
});

test.each(
  Object.entries(COLUMNS).flatMap(([table, columns]) => columns.map((column) => `${table}.${column}`)),
)('a change of %s is found in each row', async (name) => {
  const [table = '', column = ''] = name.split('.');
  const rows = await runSql(fresh.url, `select row_key, value from (${selectValues(table, column)})`);
  expect(rows.length).toBeGreaterThan(0);
  for (const { row_key: key, value } of rows) {
    const where = `${identify(table)} = ${quote(key)}`;
    // Values are changed by a large step, because the changed column can be part of the row's identity.
    const changed = typeof value === 'number' ? value + 1000 : value === null ? 1 : changeByte(toText(value));
    const rest = await runSql(fresh.url, `select * from ${table} where ${where}`);
    await runSql(fresh.url, `update ${table} set ${column} = ${quote(changed)} where ${where}`);
    expect([name, key, await verify()]).toEqual([name, key, expect.any(String)]);
    await restore(table, column, changed, rest[0] ?? {});
    expect(await verify()).toBeUndefined();
  }
});

/** Selects the values that the verification covers. Other runs than the verified run are excluded. */
function selectValues(table: string, column: string): string {
  const only =
    table === 'reconciliation_runs'
      ? `where id = '${runId}'`
      : table === 'reconciliation_breaks'
        ? `where run_id = '${runId}'`
        : '';
  return `select ${identify(table)} as row_key, ${column} as value from ${table} ${only}`;
}

function identify(table: string): string {
  switch (table) {
    case 'reconciliation_items':
      return 'number';
    case 'reconciliation_keys':
      return `rule || '/' || key || '/' || number`;
    case 'reconciliation_breaks':
      return `run_id || '/' || id`;
    case 'reconciliation_runs':
      return 'id';
    default:
      return 'seq';
  }
}

async function restore(
  table: string,
  column: string,
  changed: unknown,
  row: Record<string, unknown>,
): Promise<void> {
  const conditions = Object.entries({ ...row, [column]: changed }).map(
    ([name, value]) => `${name} is ${quote(value)}`,
  );
  await runSql(
    fresh.url,
    `update ${table} set ${column} = ${quote(row[column])} where ${conditions.join(' and ')}`,
  );
}

function changeByte(text: string): string {
  const last = text.charCodeAt(text.length - 1);
  return text.slice(0, -1) + String.fromCharCode(last ^ 1);
}

function quote(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  return typeof value === 'number' ? String(value) : `'${toText(value).replaceAll("'", "''")}'`;
}

function toText(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`found a value of type ${typeof value}; expected a text`);
  return value;
}
