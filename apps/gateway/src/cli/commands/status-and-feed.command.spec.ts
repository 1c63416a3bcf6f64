/**
 * Tests `tributary status`, `tributary feed …`, and the time of `tributary sync --from`. The store contains a failed pull and a changed
 * record.
 */
import { serializeTransaction } from '@tributary/connector-api';
import { openStore } from '@tributary/feed';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SQLITE_STORE, type FreshStore } from '../../../../../libs/feed/src/testing/stores.js';
import { runCli } from '../run-cli.js';

const EMPTY = { records: [], rejected: [], warnings: [], resolvedIds: [], balances: [], cursor: 'c' };
const transaction = (status: 'PENDING' | 'SUCCEEDED', note: string) =>
  serializeTransaction({
    ...{ id: 'tr/17', createdAt: '2026-01-31T12:00:00Z', type: 'PAYIN', status },
    ...{ amount: { amount: 1250n, asset: 'EUR/2' }, metadata: { 'com.test.spec/note': note } },
  });

let fresh: FreshStore;
let directory: string;
let config: string;

beforeAll(async () => {
  fresh = await SQLITE_STORE.createMigrated();
  directory = mkdtempSync(join(tmpdir(), 'tributary-cli-status-'));
  config = join(directory, 'gateway.yaml');
  const connectors = ['bank', 'idle'].map(
    (name) => `{ name: ${name}, plugin: sandbox, apiKeys: [a-key-of-${name}-for-tests] }`,
  );
  writeFileSync(config, `store: ${fresh.url}\nconnectors: [${connectors.join(', ')}]\n`);
  const store = await openStore(fresh.url);
  const feed = await store.feed('bank', 'transactions');
  const lease = await feed.acquireLease({ host: 'test', pid: process.pid, id: 'test' }, 60_000);
  await lease?.append({ ...EMPTY, records: [transaction('PENDING', '=1+1')] });
  const rejected = [{ id: 'r', reason: 'no amount' }];
  await lease?.append({ ...EMPTY, records: [transaction('SUCCEEDED', 'a "b", c')], rejected });
  await lease?.release();
  const run = { connector: 'bank', stream: 'transactions' as const, startedAt: 5, duration: 1, pages: 1 };
  await store.recordSyncRun({
    ...run,
    records: 1,
    added: 1,
    changed: 0,
    refused: 1,
    error: 'the PSP is away',
  });
  await store.close();
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await fresh.remove();
});

async function run(...args: string[]) {
  const lines: string[] = [];
  const say = (text: string) => void lines.push(text);
  const code = await runCli([...args, '--config', config], { out: say, err: say });
  return { code, said: lines.join('\n') };
}

it('status says first what needs a person, then the state of every stream', async () => {
  const { code, said } = await run('status');
  expect(code).toBe(0);
  expect(said).toContain(
    '2 things need a person:\n  /bank transactions: the PSP is away\n  /bank transactions: 1 record is rejected',
  );
  expect(said).toMatch(/\n\/bank +transactions +failed +- +2 +1 +due +none\n\/idle +- +never pulled/);
  const json = JSON.parse((await run('status', 'bank', '--json')).said) as object;
  expect(json).toMatchObject({
    attention: [{ kind: 'pull-failed' }, { kind: 'rejected-records', count: 1 }],
    connectors: [{ connector: 'bank', streams: [{ stream: 'transactions', rows: 2 }] }],
  });
});

it('feed shows the versions of a record by the id of the PSP, and what changed', async () => {
  const { said } = await run('feed', 'show', 'bank', 'transactions', 'tr/17');
  expect(said).toMatch(/^2 versions, newest first:\n\nrow 2, .*\n {2}id +tr~2F17\n/);
  const diff = await run('feed', 'diff', 'bank', 'transactions', 'tr~2F17');
  expect(diff.said).toMatch(/ {2}status +PENDING +-> +SUCCEEDED\n/);
  expect(diff.said).not.toContain('amount');
  expect(await run('feed', 'show', 'bank', 'transactions', 'tr/18')).toEqual({
    code: 1,
    said: 'tributary: The transactions of /bank have no record "tr/18".',
  });
});

it('feed exports rows as JSON lines and as CSV', async () => {
  const { said } = await run('feed', 'export', 'bank', 'transactions', '--after', '1');
  expect(JSON.parse(said)).toMatchObject({
    sequence: 2,
    version: 2,
    record: { id: 'tr~2F17', amount: '1250' },
  });
  const csv = (await run('feed', 'export', 'bank', 'transactions', '--format', 'csv')).said.split('\n');
  expect(csv[0]).toMatch(/^sequence,feedTime,id,version,createdAt,type,status,amount,/);
  expect(csv[2]).toMatch(
    /^2,[^,]+,tr~2F17,2,2026-01-31T12:00:00.000Z,PAYIN,SUCCEEDED,1250,EUR\/2,,,,,"\{""id"":/,
  );
});

it.each(['yesterday', '2026-13-01', '31.01.2026'])('sync rejects the time %s', async (time) => {
  expect(await run('sync', '--once', '--from', time)).toMatchObject({
    ...{ code: 2, said: expect.stringContaining('Expected a date or a time') },
  });
});
