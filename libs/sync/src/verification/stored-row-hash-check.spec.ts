/**
 * Tests that sync compares stored rows with their hashes after its pulls, finds every altered row, and spends only limited time on this.
 */
import { runSql } from '../../../feed/src/testing/raw-sql.js';
import {
  createBankConnector,
  LOG_LEVELS,
  SyncTestHarness,
  createTransaction,
  yieldPages,
} from '../testing/sync-test-harness.js';
import type { SyncEngine } from '../scheduling/sync-engine.js';

const ROWS = 100;
const LIMITS = { rowSampleSize: 30, rowSampleIntervalMs: 50_000 };

let harness: SyncTestHarness;
let engine: SyncEngine;

beforeEach(async () => {
  harness = await SyncTestHarness.open();
  const items = Array.from({ length: ROWS }, (_, index) => createTransaction(`t${index + 1}`));
  engine = harness.createEngine(
    [
      createBankConnector({
        transactions: (since) => yieldPages(since ? [] : [{ items, cursor: 'all' }]),
      }),
    ],
    LIMITS,
  );
});
afterEach(() => harness.close());

async function pull(times: number): Promise<void> {
  for (let count = 0; count < times; count++) {
    await harness.clock.advance(60_000);
    await engine.runOnce('bank');
  }
}

const metric = (name: string) => harness.readMetric(name, { connector: 'bank', stream: 'transactions' });
const alterAmount = (from: string, to: string) =>
  runSql(harness.url, `update feed_rows set body = replace(body, '"${from}"', '"${to}"') where seq = 71`);
const findWarnings = async () => (await harness.store.listQuarantine('bank')).map(({ reason }) => reason);

test('an altered row is found within as many pulls as the feed has samples, and reported once', async () => {
  await pull(1);
  await alterAmount('1250', '9250');
  await pull(12);
  expect(await metric('tributary_damaged_rows')).toBe(1);
  const lines = harness.findLogLines('rows were altered in the database');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ level: LOG_LEVELS.error, connector: 'bank', damagedRows: 1, seq: 71 });
  expect(await findWarnings()).toEqual([
    'rows were altered in the database after they had been appended: row 71 (t71): the JSON does not match the hash of the row. ' +
      'Compare all rows with "tributary store check", and put back a backup',
  ]);
});

test('the warning ends when every row was compared again, also in a process that did not find the damage', async () => {
  await pull(1);
  await alterAmount('1250', '9250');
  await pull(12);
  expect(await findWarnings()).toHaveLength(1);
  await alterAmount('9250', '1250');
  await pull(2);
  expect(await findWarnings()).toHaveLength(1);
  await pull(16);
  expect(await metric('tributary_damaged_rows')).toBe(0);
  expect(await findWarnings()).toEqual([]);

  await (await harness.store.feed('bank', 'transactions')).updateDamageWarning('found by another process');
  engine = harness.createEngine([createBankConnector({})], LIMITS);
  await pull(24);
  expect(await findWarnings()).toEqual([]);
});

test('one sample is compared at a time, for any number of pulls', async () => {
  // The accounts are pulled first, so the first two samples contain accounts. The third sample contains transactions.
  await pull(3);
  expect(await metric('tributary_verified_rows_total')).toBe(30);
  for (let count = 0; count < 10; count++) await engine.runOnce('bank');
  expect(await metric('tributary_verified_rows_total')).toBe(30);
  await pull(2);
  expect(await metric('tributary_verified_rows_total')).toBe(60);
});
