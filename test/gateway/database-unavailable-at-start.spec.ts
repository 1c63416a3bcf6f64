/**
 * Tests the start of the built program in two cases: while its PostgreSQL is not running, and with a database role that has few privileges.
 */
import { openStore, openStoreWithRetry } from '@tributary/feed';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { PostgresServer } from '../../libs/feed/src/testing/postgres-server.js';
import { findFreePort } from '../orders/deployment.js';
import { GatewayProcess } from '../orders/gateway-process.js';

const KEY = 'a-key-that-reads-the-sandbox';
const SECRET = 'right-horse-battery';
const SERVING_ROLE_SQL = `
  create role serving login password '${SECRET}';
  grant select, insert, update, delete on all tables in schema public to serving`;

let directory: string;
let database: PostgresServer;
let port: number;
let gateway: GatewayProcess | undefined;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tributary-away-'));
  database = await PostgresServer.create();
  port = await findFreePort();
});
afterEach(async () => {
  await gateway?.kill();
  gateway = undefined;
});
afterAll(async () => {
  await database.remove();
  rmSync(directory, { recursive: true, force: true });
});

const log = () => readFileSync(join(directory, 'log'), 'utf8');
const url = () => `http://127.0.0.1:${port}`;

function deployment(store: string): string {
  const file = join(directory, 'gateway.yaml');
  writeFileSync(
    file,
    `listen: { port: ${port} }
store: '${store}'
connectors: [{ name: sand, plugin: sandbox, apiKeys: [{ key: ${KEY}, scopes: [read, pay] }], sync: { every: 1s }, settings: { activityPerMinute: 0, latency: 0, journal: '${directory}/journal' } }]
`,
  );
  return file;
}

async function execute(text: string): Promise<void> {
  const client = new pg.Client(database.url('postgres'));
  await client.connect();
  await client.query(text);
  await client.end();
}

async function list(stream: string): Promise<{ id: string }[]> {
  const answer = await fetch(`${url()}/sand/${stream}`, { headers: { authorization: `Bearer ${KEY}` } });
  expect(answer.status).toBe(200);
  return (await answer.json()) as { id: string }[];
}

async function waitForFirstId(stream: string): Promise<string> {
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(50)) {
    const [first] = await list(stream);
    if (first) return first.id;
  }
  throw new Error(`${stream} stay empty; the gateway's log:\n${log()}`);
}

/** Runs a command that must exit by itself within a short time. */
async function runToExit(...args: string[]): Promise<{ code: number | null; said: string; ms: number }> {
  const began = performance.now();
  const child = spawn(process.execPath, ['dist/program/main.js', ...args], { timeout: 60_000 });
  let said = '';
  for (const output of [child.stdout, child.stderr])
    output.on('data', (text: Buffer) => (said += String(text)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said, ms: performance.now() - began };
}

it('waits for a database that is away, says so, and serves when it has come', async () => {
  await database.stop('INT');
  gateway = new GatewayProcess(deployment(database.url('postgres')), url(), join(directory, 'log'));
  const started = gateway.start();
  started.catch(() => undefined);
  while (!log().includes('waiting for the store')) await sleep(50);
  await database.start();
  await started;
  expect((await fetch(`${url()}/readyz`)).status).toBe(200);
  const [line = ''] = log().split('\n');
  expect(JSON.parse(line)).toMatchObject({
    level: 'warn',
    msg: 'waiting for the store: it cannot be opened yet',
    store: expect.stringContaining('postgres://tributary@'),
    retryIn: 500,
  });
});

it('stops while it waits', async () => {
  await database.stop('INT');
  const child = spawn(
    process.execPath,
    ['dist/program/main.js', 'serve', '--config', deployment(database.url('postgres'))],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const closed = once(child, 'close');
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  expect(await closed).toEqual([0, null]);
  await database.start();
});

it('gives up when its time is over', async () => {
  const pauses: number[] = [];
  const waiting = openStoreWithRetry('postgres://me@127.0.0.1:9/db', {
    timeoutMs: 1_200,
    signal: new AbortController().signal,
    onRetry: (_, pause) => pauses.push(Math.round(pause)),
  });
  await expect(waiting).rejects.toThrow('no server listens there; check host and port');
  expect(pauses[0]).toBe(500);
  expect(pauses.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(1_200);
});

describe('a role that owns nothing', () => {
  const as = (credentials: string) => database.url('postgres').replace('tributary@', `${credentials}@`);

  beforeAll(async () => {
    await execute('drop schema public cascade; create schema public; grant usage on schema public to public');
    await (await openStore(database.url('postgres'))).close();
    await execute(SERVING_ROLE_SQL);
    database.requirePassword('serving');
  });

  it('serves tables that their owner has migrated: pulls, pages and orders', async () => {
    gateway = new GatewayProcess(deployment(as(`serving:${SECRET}`)), url(), join(directory, 'log'));
    await gateway.start();
    const order = {
      ...{ idempotencyKey: 'invoice-1', amount: '100', currency: 'EUR/2' },
      sourceAccountId: await waitForFirstId('accounts'),
      destinationAccountId: await waitForFirstId('beneficiaries'),
    };
    await waitForFirstId('transactions');
    const answer = await fetch(`${url()}/sand/payouts`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(order),
    });
    expect(`${answer.status} ${await answer.text()}`).toMatch(/^201 /);
    expect(log()).not.toContain('permission denied');
  });

  it('may not migrate: the error says who must', async () => {
    // These statements restore the tables of schema version 12, i.e. they remove the changes of the migrations 13 to 27, except for the column that version 24 and 25 add.
    await execute(
      `drop table balance_history, order_exchanges, order_proposals, scheduled_tasks, sent_alerts, feed_cursors, held_rows, audit_events, operator_sessions, reader_positions, account_sums, feed_checkpoints; alter table feeds drop column summed_after, drop column paused_at, drop column recent_sums;
       alter table quarantine drop column seen_at, drop column dismissed_at; drop index orders_by_creation;
       drop table ledger_transactions, reconciliation_policies, reconciliation_positions, reconciliation_items, reconciliation_keys, reconciliation_runs, reconciliation_breaks, reconciliation_events;
       delete from migrations where version > 12`,
    );
    const { code, said } = await runToExit('serve', '--config', deployment(as(`serving:${SECRET}`)));
    expect(code).toBe(1);
    expect(said).toContain('let their owner run "tributary store migrate"');
    expect(said).not.toContain(SECRET);
  });

  it.each([
    [
      'a wrong password',
      () => as('serving:wrong-horse'),
      'the server does not accept the user or the password',
    ],
    ['no password', () => as('serving'), 'password'],
    ['a database that is not there', () => database.url('nowhere'), 'there is no such database; create it'],
  ])('%s is told at once', async (_, store, reason) => {
    const { code, said, ms } = await runToExit('serve', '--config', deployment(store()));
    expect(code).toBe(1);
    expect(said).toContain(reason);
    expect(said).not.toMatch(/waiting for the store|wrong-horse/);
    expect(ms).toBeLessThan(20_000);
  });
});
