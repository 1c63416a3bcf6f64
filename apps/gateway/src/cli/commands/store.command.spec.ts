import { serializeAccount } from '@tributary/connector-api';
import { getCurrentProcess, openStore } from '@tributary/feed';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { POSTGRES_STORE, type FreshStore } from '../../../../../libs/feed/src/testing/stores.js';
import { runSql } from '../../../../../libs/feed/src/testing/raw-sql.js';
import { runCli } from '../run-cli.js';

let directory: string;
let from: string;
let target: FreshStore;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tributary-cli-store-'));
  from = `sqlite:${join(directory, 'store.db')}`;
  target = await POSTGRES_STORE.create();
  const store = await openStore(from);
  await store.feed('bank', 'accounts');
  await store.balances('bank').recordObservation({ accountId: 'a', at: 1, amounts: new Map([['JPY', 1n]]) });
  await store.close();
});

afterEach(async () => {
  await target.remove();
  rmSync(directory, { recursive: true });
});

async function run(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const print = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text) };
  const code = await runCli(args, print);
  return { code, out: out.join('\n'), err: err.join('\n') };
}

const move = () => ['--from', from, '--to', target.url];

it('moves a store, proves that the copy is the same, and refuses to do it twice', async () => {
  const copied = await run('store', 'copy', ...move());
  // A copy that takes longer than two seconds prints its progress.
  expect(copied.err).toMatch(/^(?:\w+: \d+ rows so far\n?)*$/);
  expect(copied.code).toBe(0);
  expect(copied.out).toMatch(
    /^TABLE +ROWS +IN THE OTHER *\nfeeds +1 +1 +the same\nfeed_rows +0 +0 +the same\nbalances +1 +1 +the same/,
  );
  expect(await run('store', 'check', ...move())).toMatchObject({
    code: 0,
    out: `${copied.out}\n0 rows compared with their hashes: all are as they were appended.\n0 events of the audit log compared with their hashes: none was changed.`,
  });
  const again = await run('store', 'copy', ...move());
  expect(again.code).toBe(1);
  expect(again.err).toContain(
    'the target is not empty: its table feeds has rows; copy into a new, empty store',
  );
});

it('tells stores apart, and says in which table', async () => {
  await run('store', 'copy', ...move());
  const store = await openStore(target.url);
  await store.feed('bank', 'transactions');
  await store.close();
  const { code, out, err } = await run('store', 'check', ...move());
  expect(code).toBe(1);
  expect(out).toMatch(/feeds +1 +2 +DIFFERENT/);
  expect(err).toContain('1 table of the stores differ');
});

it('looks one store through by itself', async () => {
  const { code, out } = await run('store', 'check', '--from', from);
  expect(code).toBe(0);
  expect(out).toMatch(/^TABLE +ROWS +DIGEST *\nfeeds +1 +[0-9a-f]{64}\n/);
});

it('names rows that were altered, and ends with an error', async () => {
  const store = await openStore(from);
  const lease = await (await store.feed('bank', 'accounts')).acquireLease(getCurrentProcess(), 1000);
  const records = [serializeAccount({ id: 'a', name: 'Main' }), serializeAccount({ id: 'b', name: 'Other' })];
  const nothing = { rejected: [], warnings: [], resolvedIds: [], balances: [] };
  await lease?.append({ ...nothing, records, cursor: 'all' });
  await store.close();
  await runSql(from, `update feed_rows set body = replace(body, 'Other', 'other')`);
  const { code, out, err } = await run('store', 'check', '--from', from);
  expect(code).toBe(1);
  expect(out).toMatch(/\/bank +accounts +2 +b +the JSON does not match the hash of the row/);
  expect(err).toContain('1 of 2 rows are damaged. Put back a backup');
});

it.each([
  ['changed', `update audit_events set body = replace(body, 'alice', 'mallory') where seq = 2`],
  ['deleted', 'delete from audit_events where seq = 2'],
])('names the first event of the audit log that was %s', async (_what, statement) => {
  const store = await openStore(from);
  const author = { by: 'alice', via: 'api', connector: 'bank' } as const;
  for (let event = 0; event < 3; event++) await store.operator().requestPulls(author, ['accounts']);
  await store.close();
  expect((await run('store', 'check', '--from', from)).out).toContain('3 events of the audit log compared');
  await runSql(from, statement);
  const { code, err } = await run('store', 'check', '--from', from);
  expect(code).toBe(1);
  expect(err).toContain('Event 2 of the audit log was changed or is missing');
});

it('refuses to copy a store that is open, unless it is told to', async () => {
  const gateway = await openStore(from);
  try {
    const refused = await run('store', 'copy', ...move());
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('is in use: a gateway, or another tributary, has it open');
    expect(await run('store', 'copy', '--even-if-in-use', ...move())).toMatchObject({ code: 0 });
  } finally {
    await gateway.close();
  }
});

it('makes no store where there is none to read', async () => {
  const { code, err } = await run('store', 'check', '--from', `${from}x`, '--to', target.url);
  expect(code).toBe(1);
  expect(err).toContain(`there is no store "${directory}/store.dbx"; check the path`);
});

it('brings the tables up to date, and shows no password', async () => {
  const config = join(directory, 'gateway.yaml');
  const url = target.url.replace('tributary@', 'tributary:a-long-password@');
  writeFileSync(
    config,
    `store: ${url}\nconnectors: [{ name: sand, plugin: sandbox, apiKeys: [a-key-of-this-test] }]\n`,
  );
  const { code, out } = await run('store', 'migrate', '--config', config);
  expect(code).toBe(0);
  expect(out).toMatch(/^The tables of postgres:\/\/tributary@.* are up to date\.$/);
  expect((await run('check', '--config', config)).out).not.toContain('a-long-password');
});
