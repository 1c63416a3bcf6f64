/**
 * Tests a SQLite store that is full, and a SQLite store that another process has locked. Orders must get a 503, and reading must still
 * work.
 */
import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { loadDeployment } from '../../apps/gateway/src/config/index.js';
import { createGateway, type Gateway } from '../../apps/gateway/src/gateway.js';
import type { DatabaseAdapter } from '../../libs/feed/src/database/database-adapter.js';
import { openSqlite } from '../../libs/feed/src/database/sqlite/sqlite-adapter.js';
import { migrate } from '../../libs/feed/src/migrations/migrate.js';
import { SqlStore } from '../../libs/feed/src/store/sql-store.js';
import { expectError } from './test-gateway.js';

const KEY = 'a-key-that-reads-and-pays';
/** The maximum number of pages that SQLite supports. */
const MAX_PAGE_COUNT = 4_294_967_294;

let directory: string;
let dialect: DatabaseAdapter;
let gateway: Gateway;
let parties: { sourceAccountId: string; destinationAccountId: string };

const path = (name: string) => join(directory, name);
const authorization = `Bearer ${KEY}`;
const get = (from: string) => fetch(`${gateway.url}/sand${from}`, { headers: { authorization } });
const pay = (idempotencyKey: string) =>
  fetch(`${gateway.url}/sand/payouts`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ idempotencyKey, amount: '100', currency: 'EUR/2', ...parties }),
  });

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tributary-full-'));
  writeFileSync(
    path('gateway.yaml'),
    `listen: { port: 0 }
store: sqlite:${path('store.db')}
connectors:
  - name: sand
    plugin: sandbox
    apiKeys: [{ key: ${KEY}, scopes: [read, pay] }]
    settings: { transactions: 50, activityPerMinute: 0, latency: 0, journal: '${path('journal')}' }
`,
  );
  dialect = await openSqlite(path('store.db'));
  await migrate(dialect);
  gateway = await createGateway(loadDeployment(path('gateway.yaml'), {}), {
    store: await SqlStore.open(dialect),
    logger: pino({ level: 'silent' }),
    sync: false,
    drainTimeoutMs: 0,
  });
  await gateway.listen();
  await gateway.syncEngine.runOnce();
  const first = async (stream: string) => ((await (await get(stream)).json()) as { id: string }[])[0]!.id;
  parties = {
    sourceAccountId: await first('/accounts'),
    destinationAccountId: await first('/beneficiaries'),
  };
});

afterEach(async () => {
  await gateway.close();
  rmSync(directory, { recursive: true });
});

/** Sets the maximum number of pages of the file. SQLite never sets it below the present number of pages. */
const limitPages = (pages: number) =>
  dialect.transaction((db) => sql`pragma max_page_count = ${sql.lit(pages)}`.execute(db));

function countAttempts(key: string): number {
  if (!existsSync(path('journal'))) return 0;
  return readFileSync(path('journal'), 'utf8').split(JSON.stringify(key)).length - 1;
}

async function expectRetryLater(answer: Response): Promise<void> {
  expect(await expectError(answer, 503)).toMatchObject({ Title: 'Gateway unavailable' });
  expect(answer.headers.get('retry-after')).toBe('5');
}

async function expectReading(): Promise<void> {
  const transactions = await get('/transactions?sort=updatedAt:asc&pageSize=20');
  expect(transactions.status).toBe(200);
  expect(await transactions.json()).toHaveLength(20);
  expect((await get(`/accounts/${parties.sourceAccountId}/balances`)).status).toBe(200);
}

it('that is full answers orders with 503, pages as ever, and the same order with 201 when there is room', async () => {
  await get(`/accounts/${parties.sourceAccountId}/balances`);
  await limitPages(1);
  let refused: Response | undefined;
  let key = '';
  // The remaining space of the last pages is enough for a few orders.
  for (let order = 0; order < 200 && !refused; order++) {
    const answer = await pay((key = `order-${order}`));
    if (answer.status !== 201) refused = answer;
  }
  expect(refused).toBeDefined();
  await expectRetryLater(refused!);
  await expectReading();
  await expectRetryLater(await pay('another'));

  await limitPages(MAX_PAGE_COUNT);
  const repeated = await pay(key);
  expect(`${repeated.status} ${await repeated.text()}`).toMatch(/^201 /);
  expect((await pay('another')).status).toBe(201);
  expect(countAttempts('another')).toBe(1);
}, 120_000);

it('that another process keeps locked answers orders with 503 in time, pages as ever, and the same order with 201 later', async () => {
  await get(`/accounts/${parties.sourceAccountId}/balances`);
  const other = new Database(path('store.db'));
  other.exec('begin immediate');
  const began = performance.now();
  const refused = pay('order');
  await expectReading();
  await expectRetryLater(await refused);
  expect(performance.now() - began).toBeLessThan(9_500);
  other.exec('rollback');
  other.close();
  // The order of the first request was still waiting for the lock, and is now stored. The response to it is overdue, and the PSP is called
  // next.
  expect((await pay('order')).status).toBe(201);
  for (const end = Date.now() + 10_000; countAttempts('order') === 0 && Date.now() < end;) await sleep(20);
  expect(countAttempts('order')).toBe(1);
}, 60_000);
