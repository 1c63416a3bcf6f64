/**
 * Tests each kind of alert, from its cause in the store to the message that the channels receive. An alert must not be sent again while
 * nothing changes.
 */
import { getCurrentProcess, openStore, type Store } from '@tributary/feed';
import { runPolicy } from '@tributary/reconciliation';
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { runSql } from '../../../../libs/feed/src/testing/raw-sql.js';
import { SQLITE_STORE, type FreshStore } from '../../../../libs/feed/src/testing/stores.js';
import { FakeFormance } from '../../../../libs/formance/src/testing/fake-formance.js';
import { MemoryLedger } from '../../../../libs/reconciliation/src/testing/memory-ledger.js';
import { createAlertTasks } from './create-alert-tasks.js';
import type { AlertKind } from './alert.types.js';
import type { Deployment } from '../config/index.js';

const NOON = Date.UTC(2026, 0, 10, 12);
const MINUTE_MS = 60_000;
const SECRET = 'a-signing-key-that-must-not-show';
const PSP_SECRET = 'psp-key-that-must-not-show';

interface Received {
  path: string;
  signature: string | undefined;
  body: string;
}

let fresh: FreshStore;
let store: Store;
let server: Server;
let now: number;
let status: number;
let received: Received[];
let logged: unknown[][];
beforeEach(async () => {
  [now, status, received, logged] = [NOON, 200, [], []];
  fresh = await SQLITE_STORE.createMigrated();
  store = await openStore(fresh.url, () => now);
  server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const signature = request.headers['tributary-signature'] as string | undefined;
      received.push({ path: request.url ?? '', signature, body });
      response.writeHead(status).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  server.close();
  await store.close();
  await fresh.remove();
});

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function createDeployment(overrides: Partial<Deployment> = {}): Deployment {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...{ name: 'test', connectors: [{ path: 'bank', apiKeys: [] }], secrets: [PSP_SECRET] },
    policies: [{ policy: { name: 'psp' } }],
    alerts: {
      ...{ everyMs: MINUTE_MS, streamLateAfterMs: 30 * MINUTE_MS },
      channels: [
        { kind: 'webhook', name: 'ops', url: `${url}/webhook`, secret: SECRET },
        { kind: 'slack', name: 'team', url: `${url}/slack-secret-path` },
      ],
    },
    ...overrides,
  } as unknown as Deployment;
}

/**
 * Searches for alerts once, as the scheduled tasks do.
 * @returns `state kind text` of the messages that the webhook received
 */
async function check(deployment = createDeployment()): Promise<string[]> {
  received = [];
  const logger = { error: (...line: unknown[]) => void logged.push(line) };
  const redact = (text: string) => text.replaceAll(PSP_SECRET, '[redacted]');
  for (const { run } of createAlertTasks(deployment, store, logger, redact)) await run();
  expect(JSON.stringify([received.map(({ body }) => body), logged])).not.toMatch(
    /must-not-show|slack-secret/,
  );
  return listReceived();
}

/** Returns `state kind text` of the messages that the webhook has received since the last check began. */
function listReceived(): string[] {
  return received
    .filter(({ path }) => path === '/webhook')
    .flatMap(({ body }) => (JSON.parse(body) as { alerts: Record<string, string>[] }).alerts)
    .map(({ state, kind, text }) => `${state} ${kind} ${text}`);
}

const policy = {
  ...{ name: 'psp', ledger: 'memory/main', sign: 'same' as const },
  accounts: [{ connector: 'bank', account: 'a', address: 'psp:a' }],
  rules: [{ kind: 'exact' as const, psp: 'id' as const, ledger: 'reference' as const }],
  grace: { bookingMs: 0, settlementMs: 0 },
};

const CAUSES: Record<
  Exclude<AlertKind, 'formance-schedule-paused'>,
  { cause: () => Promise<unknown>; text: string; end: () => Promise<unknown> }
> = {
  'reconciliation-verdict': {
    cause: async () => {
      const ledger = new MemoryLedger();
      ledger.failure = `401 for ${PSP_SECRET}`;
      await runPolicy(store, policy, { ledger }, now);
    },
    text: 'Reconciliation psp is incomplete because of 2 problems (feed, ledger); see tributary reconcile list psp --runs --json',
    end: () => runSql(fresh.url, 'delete from reconciliation_runs'),
  },
  'stream-late': {
    cause: async () => {
      const run = { connector: 'bank', stream: 'accounts', duration: 0, pages: 0, records: 0 } as const;
      const counts = { added: 0, changed: 0, refused: 0 };
      await store.recordSyncRun({ ...run, ...counts, startedAt: now - 60 * MINUTE_MS });
      await store.recordSyncRun({ ...run, ...counts, startedAt: now - 1, error: `the key ${PSP_SECRET}` });
    },
    text: 'Stream accounts of bank has not caught up since 2026-01-10T11:00:00.000Z; the last pull failed: the key [redacted]',
    end: () => runSql(fresh.url, 'delete from sync_runs'),
  },
  'order-unknown': {
    cause: () => runSql(fresh.url, insertUnknownOrder('o1')),
    text: 'It is not known whether the money of 1 order of bank left; see tributary orders bank',
    end: () => runSql(fresh.url, 'delete from orders'),
  },
  'completeness-gap': {
    cause: async () => {
      await store.feed('bank', 'transactions');
      await runSql(
        fresh.url,
        `insert into account_sums (feed_id, account_id, asset, total, gap, gap_since)
         select id, 'main', 'EUR/2', '5', '7', 1 from feeds where stream = 'transactions'`,
      );
    },
    text: 'The rows of account main of bank do not explain its balance in EUR/2; see tributary quarantine bank --gaps',
    end: () => runSql(fresh.url, 'delete from account_sums'),
  },
  'quarantine-growth': {
    cause: () => reject('r'),
    text: 'The quarantine of bank has 1 entry, the newest since 2026-01-10T12:00:00.000Z; see tributary quarantine bank',
    end: () => runSql(fresh.url, 'delete from quarantine'),
  },
};

function insertUnknownOrder(id: string): string {
  return `insert into orders (id, connector, idempotency_key, psp_key, kind, request, amount, asset, state, details, created_at, changed_at,
    attempts, leased_until, fencing_token, entries)
    values ('${id}', 'bank', '${id}', '${id}', 'payout', '{}', '1', 'EUR/2', 'unknown', '{}', 0, 0, 1, 0, 0, 0)`;
}

it.each(Object.entries(CAUSES))('%s is said once, and once more when it is resolved', async (kind, each) => {
  expect(await check()).toEqual([]);
  await each.cause();
  expect(await check()).toEqual([`raised ${kind} ${each.text}`]);
  expect(await check()).toEqual([]);
  await each.end();
  expect(await check()).toEqual([`resolved ${kind} ${each.text}`]);
  expect(await check()).toEqual([]);
});

it('formance-schedule-paused is found in Formance, and is not resolved while Formance does not answer', async () => {
  const fake = await FakeFormance.start();
  try {
    const formance = {
      ...{ urls: { payments: fake.url }, credentials: { kind: 'none' } },
      ...{ pollingPeriod: '30m', publicUrl: 'http://gateway' },
    };
    const deployment = createDeployment({
      connectors: [{ path: 'bank', apiKeys: [], formance }] as unknown as Deployment['connectors'],
    });
    const connector = fake.addConnector({
      ...{ name: 'bank', endpoint: 'http://gateway/bank', provider: 'Generic' },
      ...{ apiKey: 'key-of-bank', pollingPeriod: '30m0s' },
    });
    expect(await check(deployment)).toEqual([]);
    connector.schedules[0]!.pausedAt = new Date(NOON).toISOString();
    const text =
      'Formance has paused 1 schedule of bank, so it sees no new data; see tributary formance doctor bank';
    expect(await check(deployment)).toEqual([`raised formance-schedule-paused ${text}`]);
    const unreachable = { ...formance, urls: { payments: 'http://127.0.0.1:9' } };
    const cut = createDeployment({
      connectors: [
        { path: 'bank', apiKeys: [], formance: unreachable },
      ] as unknown as Deployment['connectors'],
    });
    await expect(check(cut)).rejects.toThrow('the schedules of bank in Formance are not known');
    expect(listReceived()).toEqual([]);
    // The Formance that is called first does not respond. The connectors of the other Formance must not be affected.
    const cutFirst = createDeployment({
      connectors: [
        { path: 'away', apiKeys: [], formance: unreachable },
        { path: 'bank', apiKeys: [], formance },
      ] as unknown as Deployment['connectors'],
    });
    await expect(check(cutFirst)).rejects.toThrow('the schedules of away in Formance are not known');
    expect(listReceived()).toEqual([]);
    const cutSchedule = connector.schedules[0]!.pausedAt;
    delete connector.schedules[0]!.pausedAt;
    await expect(check(cutFirst)).rejects.toThrow('the schedules of away in Formance are not known');
    expect(listReceived()).toEqual([`resolved formance-schedule-paused ${text}`]);
    connector.schedules[0]!.pausedAt = cutSchedule;
    await expect(check(cutFirst)).rejects.toThrow('the schedules of away in Formance are not known');
    expect(listReceived()).toEqual([`raised formance-schedule-paused ${text}`]);
    delete connector.schedules[0]!.pausedAt;
    expect(await check(deployment)).toEqual([`resolved formance-schedule-paused ${text}`]);
  } finally {
    await fake.close();
  }
});

it('signs what a webhook receives, and sends a text to Slack', async () => {
  await CAUSES['order-unknown'].cause();
  await check();
  const [webhook, slack] = received;
  const [, seconds, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(webhook?.signature ?? '') ?? [];
  expect(Number(seconds)).toBe(NOON / 1000);
  expect(mac).toBe(createHmac('sha256', SECRET).update(`${seconds}.${webhook?.body}`).digest('hex'));
  expect(JSON.parse(webhook?.body ?? '')).toEqual({
    ...{ deployment: 'test', at: '2026-01-10T12:00:00.000Z' },
    alerts: [
      {
        ...{ id: 'order-unknown bank', state: 'raised', kind: 'order-unknown', subject: 'bank' },
        text: CAUSES['order-unknown'].text,
      },
    ],
  });
  expect(JSON.parse(slack?.body ?? '')).toEqual({
    text: `*Tributary test*\n• New: ${CAUSES['order-unknown'].text}`,
  });
});

it('says it again when it changes, and to a channel that did not answer', async () => {
  await CAUSES['order-unknown'].cause();
  status = 500;
  expect(await check()).toHaveLength(1);
  expect(logged.map(([, message]) => message)).toEqual(
    Array.from({ length: 2 }, () => 'a channel could not be told about alerts'),
  );
  status = 204;
  expect(await check()).toHaveLength(1);
  await runSql(fresh.url, insertUnknownOrder('o2'));
  expect((await check()).map((each) => each.split(' ')[0])).toEqual(['changed']);
});

it.each([
  [
    'order-unknown',
    () => runSql(fresh.url, insertUnknownOrder('o1')),
    () => runSql(fresh.url, "update orders set id = 'o2'"),
  ],
  [
    'reconciliation-verdict',
    () => insertRun('run1', { verdict: 'breaks', breakId: 'brk_1' }),
    () => insertRun('run2', { verdict: 'breaks', breakId: 'brk_2' }),
  ],
  [
    'reconciliation-verdict',
    () => insertRun('run1', { verdict: 'incomplete', problem: '5 EUR/2 away' }),
    () => insertRun('run2', { verdict: 'incomplete', problem: '7 EUR/2 away' }),
  ],
  ['quarantine-growth', () => reject('r1'), () => reject('r2')],
] as const)('%s is said again when another cause replaces the first one', async (kind, cause, replace) => {
  await cause();
  expect(await check()).toEqual([expect.stringMatching(new RegExp(`^raised ${kind} (?!.*EUR)`))]);
  await replace();
  expect(await check()).toEqual([expect.stringMatching(new RegExp(`^changed ${kind} (?!.*EUR)`))]);
  expect(await check()).toEqual([]);
});

/** Rejects a record. */
async function reject(id: string): Promise<void> {
  const lease = await (await store.feed('bank', 'transactions')).acquireLease(getCurrentProcess(), MINUTE_MS);
  await lease!.append({
    ...{ records: [], rejected: [{ id, reason: 'IBAN DE00' }], warnings: [], resolvedIds: [] },
    ...{ balances: [], cursor: 'c' },
  });
  await lease!.release();
}

/** Stores a finished run with one open break, or with one problem. */
async function insertRun(
  id: string,
  { verdict, breakId, problem }: { verdict: string; breakId?: string; problem?: string },
): Promise<void> {
  const repository = store.reconciliation();
  await repository.beginRun({ id, policyId: 'p', name: 'psp', inputs: '{}', startedAt: now });
  if (breakId !== undefined)
    await repository.addBreaks(id, [{ id: breakId, class: 'no-key', state: 'open', body: '{}' }]);
  const summary = JSON.stringify({
    classes: breakId === undefined ? {} : { 'no-key': { open: 1 } },
    problems: problem === undefined ? [] : [problem],
  });
  await repository.finishRun({ id, finishedAt: now, verdict, summary, sha256: '' }, {});
}

it('tells nothing in quiet hours, and afterwards what is still true', async () => {
  const { alerts } = createDeployment();
  const quietHours = { fromMinutes: 22 * 60, toMinutes: 6 * 60, timezone: 'Europe/Berlin' };
  const deployment = createDeployment({ alerts: { ...alerts!, quietHours } });
  now = Date.UTC(2026, 0, 10, 21, 30);
  await CAUSES['order-unknown'].cause();
  await CAUSES['stream-late'].cause();
  expect(await check(deployment)).toEqual([]);
  await CAUSES['stream-late'].end();
  now = Date.UTC(2026, 0, 11, 5);
  expect(await check(deployment)).toEqual([`raised order-unknown ${CAUSES['order-unknown'].text}`]);
});
