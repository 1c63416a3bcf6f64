/** Tests the decisions of operators about breaks with the operator API: their effect on the next run, and who may decide. */
import { generateApiKey, hashApiKey } from '@tributary/auth';
import {
  runPolicy,
  type Break,
  type LegSources,
  type LegSummary,
  type Policy,
} from '@tributary/reconciliation';
import { appendRows, createPayment } from '../../libs/reconciliation/src/testing/feed-rows.js';
import { MemoryLedger } from '../../libs/reconciliation/src/testing/memory-ledger.js';
import { startGateway, type TestGateway } from './test-gateway.js';

const BOOKED_AT = Date.UTC(2026, 0, 10);
const POLICY: Policy = {
  name: 'acme/sales',
  ledger: 'memory/main',
  sign: 'same',
  accounts: [{ connector: 'acme/bank', account: 'main', address: 'psp:bank:main' }],
  rules: [{ kind: 'exact', psp: 'id', ledger: 'reference' }],
  grace: { bookingMs: 0, settlementMs: 0 },
};
const OPERATOR_KEY = generateApiKey();
const ACME_KEY = generateApiKey();
const OTHER_TENANT_KEY = generateApiKey();

interface BreakDetails {
  break: Break;
  events: { kind: string; by: string; note: string }[];
}

let gateway: TestGateway;
const ledger = new MemoryLedger();

beforeAll(async () => {
  const operatorKey = (key: string, name: string, tenant?: string) => ({
    ...{ hash: hashApiKey(key), name, scopes: ['read', 'operate'] as const },
    ...(tenant !== undefined && { tenant }),
  });
  gateway = await startGateway({
    connectors: [{ path: 'acme/bank' }, { path: 'other/bank' }],
    operatorKey: OPERATOR_KEY,
    deployment: {
      policies: [{ policy: POLICY, ledger: { url: 'https://ledger.example.com', name: 'main' } }],
      operatorKeys: [
        operatorKey(OPERATOR_KEY, 'alice'),
        operatorKey(ACME_KEY, 'acme staff', 'acme'),
        operatorKey(OTHER_TENANT_KEY, 'other staff', 'other'),
      ],
    },
  });
  const { store } = gateway.gateway;
  await appendRows(store, 'acme/bank', [
    createPayment('differs', 'main', 1250n, BOOKED_AT),
    createPayment('split', 'main', 300n, BOOKED_AT),
  ]);
  book('differs', 1240n);
  book('first-part', 100n);
  book('second-part', 200n);
  await run();
});
afterAll(() => gateway.stop());

function book(reference: string, amount: bigint): void {
  const posting = { source: 'world', destination: 'psp:bank:main', asset: 'EUR/2', amount };
  ledger.book([posting], { reference, at: BOOKED_AT });
}

async function run(sources: LegSources = {}): Promise<void> {
  const { store } = gateway.gateway;
  await runPolicy(store, POLICY, { ledger, ...sources }, await store.currentTime());
}

async function send(
  path: string,
  body: object,
  key = OPERATOR_KEY,
): Promise<{ status: number; text: string }> {
  const response = await fetch(`${gateway.url}/operator/v1/reconciliation/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

async function read<T>(path: string): Promise<T> {
  const response = await gateway.get(`/operator/v1/reconciliation${path}`, OPERATOR_KEY);
  expect({ path, status: response.status }).toEqual({ path, status: 200 });
  return (await response.json()) as T;
}

const readBreak = (id: string) => read<BreakDetails>(`/break?id=${id}`);

/** Returns the breaks of the newest run. */
async function listBreaks(): Promise<Break[]> {
  const { items } = await read<{ items: { newestRun: { id: string } }[] }>('');
  return (await read<{ items: Break[] }>(`/breaks?run=${items[0]?.newestRun.id}`)).items;
}

/** Returns the id of the break that contains this row or booking. */
async function findBreak(recordId: string): Promise<string> {
  const found = (await listBreaks()).find(({ items }) => items.some((item) => item.recordId === recordId));
  expect({ recordId, isFound: found !== undefined }).toEqual({ recordId, isFound: true });
  return found?.id ?? '';
}

it('the next run counts an accepted break as accepted, with the name of the key and the note', async () => {
  const id = await findBreak('differs');
  expect(await send('accept', { id, note: 'a fee of the bank', until: '2999-01-01' })).toEqual({
    status: 204,
    text: '',
  });
  await run();
  expect((await readBreak(id)).break).toMatchObject({
    state: 'accepted',
    acceptance: { by: 'alice', note: 'a fee of the bank', until: '2999-01-01T00:00:00.000Z' },
  });
});

it('a run shows its legs, and a break of the leg to Payments is accepted like any other', async () => {
  const compareWithPayments = async (connector: string) => ({
    ...{ connector, kind: 'compared' as const, position: 2, requestedAt: '2026-01-10T00:00:00Z' },
    counts: { rows: 2, payments: 2, found: 1, inTransit: 0, balances: 0, accountsInTransit: 0 },
    differences: [
      { kind: 'missing' as const, object: 'payment' as const, id: 'split', message: 'it is missing' },
    ],
    differenceCount: 1,
  });
  const listLegs = async () => {
    const { items } = await read<{ items: { newestRun: { summary: { legs: LegSummary[] } } }[] }>('');
    return items[0]?.newestRun.summary.legs.map(({ leg, verdict }) => `${leg} ${verdict}`);
  };
  await run({ compareWithPayments });
  expect(await listLegs()).toEqual(['feed not-checked', 'payments breaks', 'ledger breaks']);
  const metrics = await (await gateway.get('/metrics', OPERATOR_KEY)).text();
  expect(metrics).toContain(
    'tributary_reconciliation_leg_verdict{policy="acme/sales",leg="payments",verdict="breaks"} 1',
  );
  expect(metrics).toContain(
    'tributary_reconciliation_breaks{policy="acme/sales",class="missing-in-payments",state="open"} 1',
  );
  const found = (await listBreaks()).find(({ leg }) => leg === 'payments');
  expect((await send('accept', { id: found?.id, note: 'known' })).status).toBe(204);
  expect((await send('link', { ids: [found?.id], note: 'a link' })).text).toContain('cannot be linked');
  await run({ compareWithPayments });
  expect(await listLegs()).toEqual(['feed not-checked', 'payments reconciled', 'ledger breaks']);
  await run();
  expect(await listLegs()).toEqual(['feed not-checked', 'payments not-configured', 'ledger breaks']);
});

it('the next run has the assigned person, and the break has the comments', async () => {
  const id = await findBreak('differs');
  expect((await send('assign', { id, assignee: 'bob', note: 'ask the bank' }, ACME_KEY)).status).toBe(204);
  expect((await send('comment', { id, note: 'the bank was asked' }, ACME_KEY)).status).toBe(204);
  await run();
  const { break: found, events } = await readBreak(id);
  expect(found.assignee).toBe('bob');
  expect(events.slice(-2)).toMatchObject([
    { kind: 'assign', by: 'acme staff', note: 'ask the bank' },
    { kind: 'comment', by: 'acme staff', note: 'the bank was asked' },
  ]);
});

it('a link matches items whose sums are equal, until it is undone', async () => {
  const ids = [await findBreak('split'), await findBreak('2'), await findBreak('3')];
  const unequal = await send('link', { ids: ids.slice(0, 2), note: 'a part' });
  expect(unequal).toEqual({ status: 409, text: expect.stringContaining('a link needs equal sums') });
  const linked = await send('link', { ids, note: 'booked in two parts' });
  expect(linked.status).toBe(200);
  const { link } = JSON.parse(linked.text) as { link: number };
  await run();
  expect((await listBreaks()).map((each) => each.class)).toEqual(['amount-differs']);

  expect((await send('unlink', { link, note: 'a mistake' })).status).toBe(204);
  await run();
  expect((await listBreaks()).map((each) => each.id)).toEqual(expect.arrayContaining(ids));
  const { events } = await readBreak(ids[0] ?? '');
  expect(events.map(({ kind, note }) => [kind, note])).toEqual([
    ['link', 'booked in two parts'],
    ['unlink', 'a mistake'],
  ]);
  expect((await send('unlink', { link, note: 'again' })).status).toBe(404);
});

it('the key of another tenant finds no break, and a decision without a note is refused', async () => {
  const id = await findBreak('differs');
  const before = await readBreak(id);
  for (const path of ['accept', 'comment'])
    expect((await send(path, { id, note: 'not mine' }, OTHER_TENANT_KEY)).status).toBe(404);
  expect((await send('link', { ids: [id], note: 'not mine' }, OTHER_TENANT_KEY)).status).toBe(404);
  expect((await send('accept', { id })).status).toBe(422);
  expect((await send('accept', { id, note: 'a', until: 'tomorrow' })).status).toBe(422);
  expect((await send('accept', { id: 'brk_none', note: 'a' })).status).toBe(404);
  expect(await readBreak(id)).toEqual(before);
});
