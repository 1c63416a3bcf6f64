/** Tests for Revolut's payments that the common suite does not contain: request bodies, repeated requests, and results. */
import type { Order, Transaction } from '@tributary/connector-api';
import { RevolutBusinessFake } from './revolut-business.fake.js';
import { FakeClock, TestFeed, mountPlugin } from './testing/mount-plugin.js';
import { createUuid, SimulatedRevolut } from './testing/simulated-revolut.js';
import type { SimulatedTransaction } from './testing/simulated-revolut.js';
import { SIMULATED_ACCOUNTS } from './testing/simulate-year.js';

const NOW = Date.UTC(2026, 5, 1);
const DAY = 86_400_000;
const [EUR, EUR_2] = [SIMULATED_ACCOUNTS[0]!, SIMULATED_ACCOUNTS[1]!];
const PAYEE = createUuid(0xcc, 0);
const BANK = createUuid(0xca, 0);

let closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing) await close();
  closing = [];
});

async function startTest() {
  const clock = new FakeClock(NOW);
  const world = new SimulatedRevolut([...SIMULATED_ACCOUNTS], clock);
  world.counterparties.push({ id: PAYEE, createdAt: NOW - DAY, members: { name: 'Payee' } });
  const fake = await RevolutBusinessFake.start({ clock, world });
  const connector = await mountPlugin({ ...fake.settings, since: '2026-05-01' }, clock);
  closing = [() => connector.close(), () => fake.server.close()];
  const bodies = () =>
    fake.server.requests
      .filter(({ method, path }) => method === 'POST' && path !== '/auth/token')
      .map(({ rawBody }) => rawBody.toString());
  return { clock, world, fake, bodies, psp: connector.psp };
}

const payout: Order = {
  kind: 'PAYOUT',
  idempotencyKey: '1f0f3850-9627-42de-8ad4-a2c497c37d0b',
  reference: 'invoice-1',
  amount: { amount: 1234567890123_10n, asset: 'EUR/2' },
  sourceAccountId: EUR.id,
  destinationAccountId: `${PAYEE}.${BANK}`,
  metadata: {},
  createdAt: new Date(NOW).toISOString(),
};
const transfer: Order = { ...payout, kind: 'TRANSFER', destinationAccountId: EUR_2.id };

describe('what is sent', () => {
  it('the account of the beneficiary, the exact amount, the description', async () => {
    const { psp, bodies } = await startTest();
    await psp.createPayout!({ ...payout, description: 'Rent' });
    expect(bodies()).toEqual([
      `{"request_id":"${payout.idempotencyKey}","account_id":"${EUR.id}","receiver":{"counterparty_id":"${PAYEE}","account_id":"${BANK}"},` +
        '"amount":1234567890123.10,"currency":"EUR","reference":"Rent"}',
    ]);
  });

  it('a card; the reasons that some countries want; a reference that fits', async () => {
    const { psp, bodies } = await startTest();
    await psp.createPayout!({
      ...payout,
      destinationAccountId: `${PAYEE}.card.${BANK}`,
      reference: 'x'.repeat(200),
      metadata: { 'com.revolut-business.spec/transfer_reason_code': 'advertising', other: 'not sent' },
    });
    const [body = ''] = bodies();
    expect(JSON.parse(body)).toMatchObject({
      receiver: { counterparty_id: PAYEE, card_id: BANK },
      transfer_reason_code: 'advertising',
      reference: 'x'.repeat(140),
    });
    expect(body).not.toContain('not sent');
  });

  it('a transfer between two accounts of ours', async () => {
    const { psp, bodies } = await startTest();
    await psp.createTransfer!(transfer);
    expect(JSON.parse(bodies()[0] ?? '')).toMatchObject({
      source_account_id: EUR.id,
      target_account_id: EUR_2.id,
      reference: 'invoice-1',
    });
  });

  it.each(['XQX/2', 'EUR/3', 'JPY/2'])('nothing in %s', async (asset) => {
    const { psp, bodies } = await startTest();
    const pay = psp.createPayout!({ ...payout, amount: { amount: 1n, asset } });
    await expect(pay).rejects.toMatchObject({ kind: 'rejected' });
    expect(bodies()).toEqual([]);
  });
});

describe('a repeat', () => {
  it('is answered with what became of the first, and pays nothing', async () => {
    const { psp, fake, clock } = await startTest();
    fake.nextOrderOverrides = { decidedAt: NOW + DAY };
    const first = await psp.createPayout!(payout);
    expect(first.status).toBe('PENDING');
    await clock.sleep(12 * DAY);
    expect(await psp.createPayout!(payout)).toEqual({ id: first.id, status: 'SUCCEEDED' });
    expect(fake.orders).toHaveLength(1);
  });

  it('whose first cannot be found is of unknown outcome, not refused', async () => {
    const { psp, fake } = await startTest();
    await psp.createPayout!(payout);
    fake.server.injectFault({ fault: { response: { body: [] } }, path: '/transactions' });
    await expect(psp.createPayout!(payout)).rejects.toMatchObject({ kind: 'unknown-outcome' });
  });
});

describe('findOrder', () => {
  const decided: [Partial<SimulatedTransaction>, object][] = [
    [{ decidedAt: NOW + DAY }, { status: 'PENDING' }],
    [{}, { status: 'SUCCEEDED' }],
    [{ outcome: 'declined' }, { status: 'FAILED', reason: { code: 'insufficient_balance' } }],
    [{ outcome: 'failed' }, { status: 'FAILED', reason: { code: 'insufficient_balance' } }],
    [{ revertedAt: NOW }, { status: 'RETURNED', reason: { code: 'reverted' } }],
  ];

  it.each(decided)('%j is %j, by the key and by the id', async (next, expected) => {
    const { psp, fake } = await startTest();
    fake.nextOrderOverrides = next;
    const { id } = await psp.createPayout!(payout);
    expect(await psp.findOrder!(payout)).toEqual({ id, ...expected });
    expect(await psp.findOrder!({ ...payout, pspId: id })).toEqual({ id, ...expected });
  });

  it('knows nothing of what was never ordered, and finds an order two weeks later', async () => {
    const { psp, clock } = await startTest();
    expect(await psp.findOrder!(payout)).toBeUndefined();
    expect(await psp.findOrder!({ ...payout, pspId: createUuid(9, 9) })).toBeUndefined();
    const { id } = await psp.createPayout!(payout);
    await clock.sleep(20 * DAY);
    expect(await psp.findOrder!(payout)).toMatchObject({ id, status: 'SUCCEEDED' });
  });
});

it.each([
  ['PAYOUT', payout],
  ['TRANSFER', transfer],
] as const)('the listing has a %s under the id of the answer, with our key', async (type, order) => {
  const { psp } = await startTest();
  const { id } = await (type === 'PAYOUT' ? psp.createPayout!(order) : psp.createTransfer!(order));
  const feed = new TestFeed();
  await feed.pull(psp);
  const row = feed.rows.get(id) as Transaction;
  expect(row).toMatchObject({
    type,
    orderKey: order.idempotencyKey,
    sourceAccountId: order.sourceAccountId,
    destinationAccountId: order.destinationAccountId,
    amount: order.amount,
  });
});
