/**
 * Tests a payment from a Mollie business account through a complete gateway: a draft, a person's approval, a transaction in the journal,
 * and one payment.
 */
import { createGateway, type Gateway } from '../../apps/gateway/src/gateway.js';
import { loadDeployment } from '../../apps/gateway/src/config/index.js';
import { PspDocumentValidator } from '../../libs/connector-api/src/testing/index.js';
import { createFakeIban } from '../../libs/psp-plugins/src/mollie/testing/fake-drafts.js';
import {
  FakeMollie,
  MOLLIE_DOCUMENT_PATH,
  FAKE_ACCESS_TOKEN,
} from '../../libs/psp-plugins/src/mollie/mollie.fake.js';
import type { FakeBusinessAccount } from '../../libs/psp-plugins/src/mollie/testing/fake-row-list.js';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';

const KEY = 'a-key-that-may-pay-too';
const JAN = 'NL02ABNA0123456789';
const document = await PspDocumentValidator.loadOfficial(MOLLIE_DOCUMENT_PATH);
let directory: string;
let fake: FakeMollie;
let account: FakeBusinessAccount;
let gateway: Gateway;

beforeAll(async () => {
  fake = await FakeMollie.start(document);
  account = fake.addBusinessAccount();
  directory = mkdtempSync(join(tmpdir(), 'tributary-mollie-'));
  const file = join(directory, 'gateway.yaml');
  writeFileSync(
    file,
    `listen: { port: 0 }
store: sqlite:${directory}/store.db
connectors:
  - name: mollie
    plugin: mollie
    apiKeys: [{ key: ${KEY}, scopes: [read, pay] }]
    settings:
      accessToken: ${FAKE_ACCESS_TOKEN}
      url: ${fake.url}
      transfers: draft
      beneficiaries: [{ name: Jan Jansen, iban: NL02 ABNA 0123 4567 89 }]
`,
  );
  gateway = await createGateway(loadDeployment(file, {}), {
    logger: pino({ level: 'silent' }),
    sync: false,
    drainTimeoutMs: 0,
  });
  await gateway.listen();
  await pull();
});

afterAll(async () => {
  await gateway.close();
  await fake.close();
  rmSync(directory, { recursive: true });
});

it('pays whom the setting names, after a person approved, and shows it once', async () => {
  expect(await list('beneficiaries')).toMatchObject([{ id: JAN, ownerName: 'Jan Jansen' }]);
  const answer = await pay('invoice-17', JAN);
  expect(answer).toMatchObject({ status: 'PENDING', idempotencyKey: 'invoice-17' });
  expect(await pay('invoice-17', JAN)).toEqual(answer);
  const [draft, ...more] = fake.drafts.all;
  expect(more).toEqual([]);
  expect(await statusesOf('invoice-17')).toEqual(['PENDING']);

  fake.drafts.approve(draft!);
  const row = fake.drafts.execute(draft!, { processed: false });
  await pull();
  expect(await statusesOf('invoice-17')).toEqual(['PENDING']);
  row.processed = true;
  await pull();
  expect(await stateOf('invoice-17')).toBe('succeeded');
  const ids = (await list('transactions')).map(({ id }) => id);
  expect(new Set(ids)).toEqual(new Set([answer['id']]));
});

it('pays whom the account has paid before, and what a person pays in the app is a payment of its own', async () => {
  const identifier = createFakeIban(4711);
  const paid = { type: 'bank-transfer', amount: -1250, createdAt: Date.now(), processed: true };
  account.journal.append({ id: 'batr_by_hand', ...paid, counterparty: { identifier, name: 'Eva de Vries' } });
  await pull();
  expect(await pay('invoice-18', identifier)).toMatchObject({ status: 'PENDING' });
  expect(fake.drafts.all.at(-1)?.creditor).toEqual({
    fullName: 'Eva de Vries',
    account: { iban: identifier },
  });
  const byHand = (await list('transactions')).filter(({ id }) => id === 'batr_by_hand');
  expect(byHand).toMatchObject([{ type: 'PAYOUT', status: 'SUCCEEDED', destinationAccountID: identifier }]);
  expect(byHand[0]).not.toHaveProperty('relatedTransactionID');
});

it('says FAILED, and why, when the person declines, without a pull', async () => {
  expect(await pay('invoice-19', JAN)).toMatchObject({ status: 'PENDING' });
  const draft = fake.drafts.all.at(-1)!;
  fake.drafts.decline(draft, { code: 'declined-by-initiator', message: 'declined: no budget' });
  await until(async () => (await stateOf('invoice-19')) === 'failed');
  expect(await stateOf('invoice-19')).toBe('failed');
}, 20_000);

it('tells so when Formance has surely read the answers', async () => {
  await until(async () => (await statusesOf('invoice-19')).length === 2);
  expect(await statusesOf('invoice-17')).toEqual(['PENDING', 'SUCCEEDED']);
  expect(await statusesOf('invoice-19')).toEqual(['PENDING', 'FAILED']);
  const last = (await list('transactions')).at(-1);
  expect(last?.['metadata']).toMatchObject({
    'com.mollie.spec/failure_code': 'declined-by-initiator',
    'com.mollie.spec/failure_reason': 'declined: no budget',
  });
}, 60_000);

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 45_000; Date.now() < end && !(await isTrue());) await sleep(100);
}

async function pull(): Promise<void> {
  for (const run of await gateway.syncEngine.runOnce()) expect(run.error).toBeUndefined();
}

async function pay(idempotencyKey: string, destinationAccountId: string): Promise<Record<string, unknown>> {
  const order = { idempotencyKey, amount: '1250', currency: 'EUR/2' };
  const response = await fetch(`${gateway.url}/mollie/payouts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...order, sourceAccountId: account.id, destinationAccountId }),
  });
  expect(response.status).toBe(201);
  return (await response.json()) as Record<string, unknown>;
}

async function list(stream: string): Promise<Record<string, unknown>[]> {
  const response = await fetch(`${gateway.url}/mollie/${stream}`, {
    headers: { authorization: `Bearer ${KEY}` },
  });
  return (await response.json()) as Record<string, unknown>[];
}

async function stateOf(idempotencyKey: string): Promise<string | undefined> {
  return (await gateway.store.orders('mollie').findByIdempotencyKey(idempotencyKey))?.state;
}

/** Returns the statuses that Formance links to the payment, in order. */
async function statusesOf(idempotencyKey: string): Promise<unknown[]> {
  const rows = await list('transactions');
  return rows
    .filter(({ relatedTransactionID, type }) => relatedTransactionID === idempotencyKey && type === 'PAYOUT')
    .map(({ status }) => status);
}
