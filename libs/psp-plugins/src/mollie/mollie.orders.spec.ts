/** Tests payouts to the organisation's own bank account, and webhooks. */
import { createHmac } from 'node:crypto';
import type { Order } from '@tributary/connector-api';
import { PspDocumentValidator } from '@tributary/connector-api/testing';
import { FakeMollie, MOLLIE_DOCUMENT_PATH } from './mollie.fake.js';
import type { FakeBalance } from './mollie.fake.js';
import { MollieTestConnector } from './testing/mollie-test-connector.js';

const document = await PspDocumentValidator.loadOfficial(MOLLIE_DOCUMENT_PATH);
const SECRET = 'whsec_fake';
const OTHER_SECRET = 'whsec_replaced';
let fake: FakeMollie;
let balance: FakeBalance;
let trial: MollieTestConnector;

beforeEach(async () => {
  fake = await FakeMollie.start(document);
  balance = fake.addBalance('EUR');
  balance.journal.append({
    id: 'baltr_1',
    type: 'topup',
    amount: 1_000_000,
    createdAt: Date.UTC(2026, 0, 1),
  });
  trial = await MollieTestConnector.open(fake, {
    payouts: 'switch-to-manual-settlement',
    webhookSecrets: [SECRET, OTHER_SECRET],
    classicWebhooks: true,
  });
  fake.now = () => trial.clock.now();
});

afterEach(async () => {
  await trial.close();
  await fake.close();
});

describe('payouts', () => {
  it('are off unless the setting says what they switch', async () => {
    const careful = await MollieTestConnector.open(fake);
    expect(careful.psp).not.toMatchObject({ createPayout: expect.any(Function) });
    expect(trial.psp).toMatchObject({ createPayout: expect.any(Function), findOrder: expect.any(Function) });
    await careful.close();
  });

  it('are made once, under the key, and found again by it', async () => {
    const order = createOrder({ description: 'For July' });
    const first = await trial.psp.createPayout!(order);
    const second = await trial.psp.createPayout!(order);
    expect(first).toMatchObject({ status: 'PENDING', id: fake.payouts[0]!.id });
    expect(second).toEqual(first);
    expect(fake.payouts).toMatchObject([
      { key: order.idempotencyKey, amount: 2500, description: `For July ${order.idempotencyKey}` },
    ]);
    expect(await trial.psp.findOrder!(order)).toEqual(first);
    expect(await trial.psp.findOrder!({ ...order, pspId: first.id })).toEqual(first);
    expect(
      await trial.psp.findOrder!(createOrder({ idempotencyKey: '00000000-0000-4000-8000-000000000009' })),
    ).toBeUndefined();
  });

  it('whose answer was lost are an unknown outcome, and are found', async () => {
    fake.server.injectFault({ fault: 'answer-lost', method: 'POST' });
    const order = createOrder({ description: 'x'.repeat(400) });
    await expect(trial.psp.createPayout!(order)).rejects.toMatchObject({ kind: 'unknown-outcome' });
    expect(await trial.psp.findOrder!(order)).toMatchObject({ id: fake.payouts[0]!.id });
    expect(fake.payouts).toHaveLength(1);
  });

  it('are found on a later page of the list, which is not read beyond the order', async () => {
    const order = createOrder({});
    await trial.psp.createPayout!(order);
    for (let more = 10; more < 14; more += 1) {
      trial.clock.time += 86_400_000;
      await trial.psp.createPayout!(
        createOrder({ idempotencyKey: `00000000-0000-4000-8000-0000000000${more}` }),
      );
    }
    const small = await MollieTestConnector.open(fake, {
      payouts: 'switch-to-manual-settlement',
      pageSize: 2,
    });
    expect(await small.psp.findOrder!(order)).toMatchObject({ id: fake.payouts[0]!.id });
    const before = fake.server.requests.length;
    const late = createOrder({
      idempotencyKey: '00000000-0000-4000-8000-000000000099',
      createdAt: '2026-01-18T12:00:00Z',
    });
    expect(await small.psp.findOrder!(late)).toBeUndefined();
    expect(fake.server.requests.length - before).toBe(1);
    await small.close();
  });

  it('to anybody else, or in what Mollie has no currency for, are rejected without being sent', async () => {
    for (const wrong of [
      { destinationAccountId: 'somebody' },
      { amount: { amount: 1n, asset: 'EUR/4' } },
      { amount: { amount: 1n, asset: 'BTC/8' } },
    ]) {
      await expect(trial.psp.createPayout!(createOrder(wrong))).rejects.toMatchObject({ kind: 'rejected' });
    }
    expect(fake.server.requests).toEqual([]);
    await expect(
      trial.psp.createPayout!(createOrder({ amount: { amount: 100n, asset: 'USD/2' } })),
    ).rejects.toMatchObject({ kind: 'rejected' });
  });

  it('show in the journal under their own id, also when they come back', async () => {
    const { id } = await trial.psp.createPayout!(createOrder({}));
    const payout = fake.payouts[0]!;
    trial.clock.time += 86_400_000;
    const row = fake.initiatePayout(payout, trial.clock.time);
    await trial.sync();
    expect(trial.transactions.get(id)).toMatchObject({
      type: 'PAYOUT',
      status: 'PENDING',
      orderKey: createOrder({}).idempotencyKey,
      amount: { amount: 2500n },
    });
    payout.status = 'completed';
    payout.completedAt = trial.clock.time + 1000;
    expect(await trial.psp.findOrder!(createOrder({ pspId: id }))).toMatchObject({ status: 'SUCCEEDED' });
    fake.returnPayout(payout, row, trial.clock.time + 2 * 86_400_000);
    // The PSP's row is removed, because the gateway serves the row of the order instead.
    trial.transactions.delete(id);
    await trial.sync();
    const back = [...trial.transactions.values()].at(-1);
    expect(back).toMatchObject({
      relatedTransactionId: id,
      type: 'PAYOUT',
      status: 'REFUNDED',
      amount: { amount: 2500n },
    });
    expect(await trial.psp.findOrder!(createOrder({ pspId: id }))).toMatchObject({
      status: 'RETURNED',
      reason: { code: 'returned', message: expect.any(String) },
    });
  });

  it('that Mollie made by itself are settlements as ever', async () => {
    const { id } = await trial.psp.createPayout!(createOrder({}));
    fake.payouts[0]!.description = 'Settlement of July';
    const row = fake.initiatePayout(fake.payouts[0]!, trial.clock.time);
    await trial.sync();
    expect(trial.transactions.has(id)).toBe(false);
    expect(trial.transactions.get(row.context!['transferId']!)).toMatchObject({
      type: 'PAYOUT',
      status: 'SUCCEEDED',
    });
  });

  it.each([
    ['requested', 'PENDING'],
    ['initiated', 'PENDING'],
    ['processing-at-bank', 'PENDING'],
    ['completed', 'SUCCEEDED'],
    ['failed', 'FAILED'],
    ['canceled', 'FAILED'],
  ] as const)('%s is %s', async (status, expected) => {
    const { id } = await trial.psp.createPayout!(createOrder({}));
    fake.payouts[0]!.status = status;
    expect(await trial.psp.findOrder!(createOrder({ pspId: id }))).toMatchObject({ status: expected });
  });
});

describe('webhooks', () => {
  const event = Buffer.from('{"resource":"event","id":"event_1","type":"payment.paid","entityId":"tr_1"}');

  it('that are signed make a sync start, with either secret, and with both signatures', () => {
    expect(call({ 'x-mollie-signature': `sha256=${sign(SECRET)}` }, event)).toEqual(['transactions']);
    expect(
      call({ 'x-mollie-signature': `sha256=${sign('new')}, sha256=${sign(OTHER_SECRET)}` }, event),
    ).toEqual(['transactions']);
    expect(call({ 'x-mollie-signature': sign(SECRET) }, event)).toEqual(['transactions']);
    const decided = Buffer.from('{"resource":"event","type":"business-account-draft-transfer.approved"}');
    expect(call({ 'x-mollie-signature': sign(SECRET, decided) }, decided)).toEqual(['transactions']);
    const invoice = Buffer.from('{"resource":"event","type":"sales-invoice.paid"}');
    expect(call({ 'x-mollie-signature': `sha256=${sign(SECRET, invoice)}` }, invoice)).toEqual([]);
  });

  it.each([
    ['another secret', () => `sha256=${sign('other')}`, event],
    ['another body', () => `sha256=${sign(SECRET)}`, Buffer.concat([event, Buffer.from(' ')])],
    ['half a signature', () => `sha256=${sign(SECRET).slice(0, 32)}`, event],
    ['no signature in the header', () => '', event],
  ])('with %s are rejected', (_name, signature, body) => {
    expect(() => call({ 'x-mollie-signature': signature() }, body)).toThrow(
      /x-mollie-signature is (missing|not a signature of this body)/,
    );
  });

  it('that are signed, but no events, are rejected', () => {
    const body = Buffer.from('<html>');
    expect(() => call({ 'x-mollie-signature': sign(SECRET, body) }, body)).toThrow(
      /no JSON object with a text "type"/,
    );
  });

  it('that are classic make a sync start where the setting allows it', async () => {
    expect(call({}, Buffer.from('id=tr_5B8cwPMGnU6qLbRvo7qEZo'))).toEqual(['transactions']);
    expect(() => call({}, event)).toThrow(/classic webhooks/);
    const strict = await MollieTestConnector.open(fake);
    const request = { headers: {}, rawBody: Buffer.from('id=tr_1') };
    expect(() => strict.psp.webhook!(request)).toThrow(/classicWebhooks/);
    expect(() =>
      strict.psp.webhook!({ headers: { 'x-mollie-signature': sign('') }, rawBody: event }),
    ).toThrow(/webhookSecrets/);
    await strict.close();
  });

  function call(headers: Record<string, string>, rawBody: Buffer) {
    return trial.psp.webhook!({ headers, rawBody });
  }

  function sign(secret: string, body = event): string {
    return createHmac('sha256', secret).update(body).digest('hex');
  }
});

function createOrder(order: Partial<Order>): Order {
  return {
    kind: 'PAYOUT',
    idempotencyKey: '00000000-0000-4000-8000-000000000001',
    reference: 'our-1',
    amount: { amount: 2500n, asset: 'EUR/2' },
    sourceAccountId: balance.id,
    destinationAccountId: `bank-account-of-${balance.id}`,
    metadata: {},
    createdAt: '2026-01-15T00:00:00Z',
    ...order,
  };
}
