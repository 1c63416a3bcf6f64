/** Tests beneficiaries, and payments from business accounts, which are draft transfers that a person approves. */
import type { Order } from '@tributary/connector-api';
import { PspDocumentValidator } from '@tributary/connector-api/testing';
import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import { MollieSettings } from './mollie.config.js';
import { createFakeIban } from './testing/fake-drafts.js';
import type { FakeDraftTransfer } from './testing/fake-drafts.js';
import { FakeMollie, MOLLIE_DOCUMENT_PATH } from './mollie.fake.js';
import type { FakeBusinessAccount, FakeBusinessTransaction } from './testing/fake-row-list.js';
import { MollieTestConnector } from './testing/mollie-test-connector.js';

const document = await PspDocumentValidator.loadOfficial(MOLLIE_DOCUMENT_PATH);
const DRAFTS = '/v2/business-accounts/draft-transfers';
const JAN = { name: 'Jan Jansen', iban: 'NL02ABNA0123456789' };
const EVA = { name: 'Eva de Vries', iban: createFakeIban(77) };
const DAY = 86_400_000;
let fake: FakeMollie;
let account: FakeBusinessAccount;
let trial: MollieTestConnector;

beforeEach(async () => {
  fake = await FakeMollie.start(document);
  account = fake.addBusinessAccount();
  trial = await MollieTestConnector.open(fake, { transfers: 'draft', beneficiaries: [JAN] });
  fake.now = () => trial.clock.now();
});

afterEach(async () => {
  await trial.close();
  await fake.close();
});

describe('draft transfers', () => {
  it('are off unless their setting allows them, with every value of the setting for payouts', async () => {
    const careful = await MollieTestConnector.open(fake);
    expect(careful.psp).not.toMatchObject({ createPayout: expect.any(Function) });
    await careful.close();
    const half = await MollieTestConnector.open(fake, {
      payouts: 'switch-to-manual-settlement',
      beneficiaries: [JAN],
    });
    await expect(half.psp.createPayout!(createOrder())).rejects.toThrow(/setting "transfers"/);
    await half.close();
    const balance = fake.addBalance('EUR').id;
    const payout = createOrder({
      sourceAccountId: balance,
      destinationAccountId: `bank-account-of-${balance}`,
    });
    await expect(trial.psp.createPayout!(payout)).rejects.toMatchObject({ kind: 'rejected' });
    expect(fake.server.requests).toEqual([]);
  });

  it('are made once, from the account of the order, and found again by id and by key', async () => {
    fake.addBusinessAccount();
    const order = createOrder({ description: 'x'.repeat(200) });
    const first = await trial.psp.createPayout!(order);
    expect(await trial.psp.createPayout!(order)).toEqual(first);
    expect(first).toMatchObject({ status: 'PENDING', id: getFirstDraft().id });
    expect(fake.drafts.all).toMatchObject([
      {
        key: order.idempotencyKey,
        debtorIban: account.iban,
        creditor: { fullName: JAN.name, account: { iban: JAN.iban } },
        amount: 2500,
        description: `${'x'.repeat(103)} ${order.idempotencyKey}`,
      },
    ]);
    expect(await trial.psp.findOrder!(order)).toEqual(first);
    expect(await trial.psp.findOrder!({ ...order, pspId: first.id })).toEqual(first);
    const never = createOrder({ idempotencyKey: '00000000-0000-4000-8000-000000000009' });
    expect(await trial.psp.findOrder!(never)).toBeUndefined();
  });

  it.each([
    ['description', { description: `${'x'.repeat(102)}\u{1f600} July` }, {}],
    ['name', {}, { name: `${'x'.repeat(69)}\u{1f600}` }],
  ])('whose %s must be cut are cut between characters', async (_name, order, payee) => {
    const beneficiaries = [{ ...JAN, ...payee }];
    const cut = await MollieTestConnector.open(fake, { transfers: 'draft', beneficiaries });
    await cut.psp.createPayout!(createOrder(order));
    const { body } = fake.server.requests.at(-1)!;
    const { creditor, description } = body as { creditor: { fullName: string }; description: string };
    expect(creditor.fullName.isWellFormed() && description.isWellFormed()).toBe(true);
    expect(description).toContain(createOrder().idempotencyKey);
    await cut.close();
  });

  it('whose answer was lost are an unknown outcome, and are found', async () => {
    fake.server.injectFault({ fault: 'answer-lost', method: 'POST', path: DRAFTS });
    const order = createOrder();
    await expect(trial.psp.createPayout!(order)).rejects.toMatchObject({ kind: 'unknown-outcome' });
    expect(await trial.psp.findOrder!(order)).toMatchObject({ id: getFirstDraft().id });
    expect(fake.drafts.all).toHaveLength(1);
  });

  it('are found on any page of the list, also one that is not to be had by its id', async () => {
    const order = createOrder();
    const { id } = await trial.psp.createPayout!(order);
    for (let more = 10; more < 15; more += 1) {
      await trial.psp.createPayout!(
        createOrder({ idempotencyKey: `00000000-0000-4000-8000-0000000000${more}` }),
      );
    }
    const small = await MollieTestConnector.open(fake, { transfers: 'draft', pageSize: 2 });
    expect(await small.psp.findOrder!(order)).toMatchObject({ id });
    getFirstDraft().isListOnly = true;
    expect(await small.psp.findOrder!({ ...order, pspId: id })).toMatchObject({ id });
    // The plugin knows this order only by the id of its transaction. No draft has such an id, so the plugin searches the list of drafts
    // instead.
    expect(await small.psp.findOrder!({ ...order, pspId: 'batr_1' })).toMatchObject({ id });
    await small.close();
  });

  it('that were never sent are not taken for a draft without an id', async () => {
    const response = { body: { count: 1, _embedded: { draft_transfers: [{ status: 'approved' }] } } };
    fake.server.injectFault({ fault: { response }, path: DRAFTS });
    expect(await trial.psp.findOrder!(createOrder())).toBeUndefined();
  });

  it('to a payee without an IBAN, in another currency or from an unknown account are rejected, and no draft is created', async () => {
    for (const wrong of [
      { destinationAccountId: EVA.iban },
      { destinationAccountId: `bank-account-of-${fake.addBalance('EUR').id}` },
      { amount: { amount: 1n, asset: 'USD/2' } },
      { amount: { amount: 1n, asset: 'EUR/4' } },
      { sourceAccountId: 'ba_gone' },
    ]) {
      await trial.syncBeneficiaries();
      await expect(trial.psp.createPayout!(createOrder(wrong))).rejects.toMatchObject({ kind: 'rejected' });
    }
    expect(fake.server.requests.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  it('to a payee who was paid before contain the name of this payee', async () => {
    addMovement({ counterparty: { name: EVA.name, identifier: EVA.iban } });
    await trial.syncBeneficiaries();
    await trial.psp.createPayout!(createOrder({ destinationAccountId: EVA.iban }));
    expect(getFirstDraft().creditor).toEqual({ fullName: EVA.name, account: { iban: EVA.iban } });
  });

  it('are test data where the setting says so', async () => {
    const test = await MollieTestConnector.open(fake, {
      transfers: 'draft',
      beneficiaries: [JAN],
      testmode: true,
    });
    await test.psp.createPayout!(createOrder());
    expect(fake.server.requests.at(-1)).toMatchObject({ method: 'POST', body: { testmode: true } });
    await test.close();
  });
});

describe('what a person decides', () => {
  it('approved is still under way: that the money left is told by the journal, as the order', async () => {
    const { id } = await trial.psp.createPayout!(createOrder());
    fake.drafts.approve(getFirstDraft());
    expect(await trial.psp.findOrder!(createOrder({ pspId: id }))).toMatchObject({ status: 'PENDING' });
    const row = fake.drafts.execute(getFirstDraft(), { processed: false });
    await trial.sync();
    const movement = {
      type: 'PAYOUT',
      orderKey: createOrder().idempotencyKey,
      amount: { amount: 2500n, asset: 'EUR/2' },
      sourceAccountId: account.id,
      destinationAccountId: JAN.iban,
    };
    expect(trial.transactions.get(row.id)).toMatchObject({ ...movement, status: 'PENDING' });
    row.processed = true;
    await trial.sync();
    expect(trial.transactions.get(row.id)).toMatchObject({ ...movement, status: 'SUCCEEDED' });
    expect(trial.transactions.size).toBe(1);
  });

  it.each([
    ['in capitals, with more around it', (text: string) => `/REMI/${text.toUpperCase()} /EREF/1`, {}],
    ['an internal transfer', (text: string) => text, { type: 'internal-transfer' }],
  ])('a movement is known by the key in its description: %s', async (_name, write, more) => {
    await trial.psp.createPayout!(createOrder({ description: 'For July' }));
    fake.drafts.approve(getFirstDraft());
    const row = fake.drafts.execute(getFirstDraft(), {
      description: write(getFirstDraft().description),
      ...more,
    });
    await trial.sync();
    expect(trial.transactions.get(row.id)).toMatchObject({
      orderKey: createOrder().idempotencyKey,
      type: 'PAYOUT',
    });
  });

  it.each([
    ['a fee', { type: 'fee' }, 'OTHER'],
    ['money that comes in', { amount: 2500 }, 'PAYIN'],
  ])('%s is no order, with any description', async (_name, more, type) => {
    await trial.psp.createPayout!(createOrder());
    const row = fake.drafts.execute(getFirstDraft(), more);
    await trial.sync();
    expect(trial.transactions.get(row.id)?.type).toBe(type);
    expect(trial.transactions.get(row.id)?.orderKey).toBeUndefined();
  });

  it.each([
    ['declined-by-initiator', 'declined by the initiator: no budget'],
    ['deleted-by-creator', 'deleted by the user who created it'],
    ['account-closed', 'the account was closed'],
  ] as const)('%s is FAILED, and says why', async (code, message) => {
    const { id } = await trial.psp.createPayout!(createOrder());
    fake.drafts.decline(getFirstDraft(), { code, message });
    expect(await trial.psp.findOrder!(createOrder({ pspId: id }))).toMatchObject({
      status: 'FAILED',
      reason: { code, message },
    });
  });

  it('a word that Mollie adds is not final', async () => {
    const { id } = await trial.psp.createPayout!(createOrder());
    const { description } = getFirstDraft();
    const amount = { currency: 'EUR', value: '25.00' };
    const response = { body: { id, status: 'expired', description, amount } };
    fake.server.injectFault({ fault: { response }, path: `${DRAFTS}/{id}` });
    expect(await trial.psp.findOrder!(createOrder({ pspId: id }))).toMatchObject({ status: 'PENDING' });
  });
});

describe('a movement without a description', () => {
  beforeEach(async () => {
    await trial.psp.createPayout!(createOrder());
    fake.drafts.approve(getFirstDraft());
    trial.clock.time += DAY;
  });

  it('is the approved draft of its account, IBAN and amount', async () => {
    await trial.psp.createPayout!(createOrder({ idempotencyKey: '00000000-0000-4000-8000-000000000002' }));
    const row = fake.drafts.execute(getFirstDraft(), { description: null });
    await trial.sync();
    expect(trial.transactions.get(row.id)).toMatchObject({ orderKey: createOrder().idempotencyKey });
  });

  it('is found on the day for which it was scheduled, too', async () => {
    getFirstDraft().scheduledExecutionDate = '2026-02-20';
    trial.clock.time = Date.parse('2026-02-19T23:00:00Z');
    const row = fake.drafts.execute(getFirstDraft(), { description: null });
    await trial.sync();
    expect(trial.transactions.get(row.id)).toMatchObject({ orderKey: createOrder().idempotencyKey });
  });

  it.each<[string, () => Partial<FakeBusinessTransaction>]>([
    ['another amount', () => ({ amount: -2501 })],
    ['another IBAN', () => ({ counterparty: { name: EVA.name, identifier: EVA.iban } })],
    ['a time before it was approved', () => ({ createdAt: getFirstDraft().approvedAt! - 3_600_000 })],
    ['a time a week later', () => ({ createdAt: getFirstDraft().approvedAt! + 7 * DAY })],
    ['a description of its own', () => ({ description: 'Invoice 4711' })],
  ])('and with %s is not', async (_name, more) => {
    const row = fake.drafts.execute(getFirstDraft(), { description: null, ...more() });
    await trial.sync();
    expect(trial.transactions.get(row.id)?.orderKey).toBeUndefined();
  });

  it('from another account is not', async () => {
    const other = fake.addBusinessAccount();
    const row = fake.drafts.execute({ ...getFirstDraft(), debtorIban: other.iban }, { description: null });
    await trial.sync();
    expect(trial.transactions.get(row.id)?.orderKey).toBeUndefined();
  });

  it('does not stop the journal when a draft in the list cannot be read', async () => {
    const response = { body: { count: 1, _embedded: { draft_transfers: [{ id: 'badrt_1', status: 7 }] } } };
    fake.server.injectFault({ fault: { response }, path: DRAFTS });
    const row = fake.drafts.execute(getFirstDraft(), { description: null });
    await trial.sync();
    expect(trial.transactions.get(row.id)).toMatchObject({ type: 'PAYOUT', status: 'SUCCEEDED' });
  });
});

describe('who can be paid', () => {
  it('those of the setting, and whom a business account has paid: once, by the first name', async () => {
    const counterparty = { name: EVA.name, identifier: 'nl02 abna 0123 4567 89' };
    addMovement({ counterparty });
    addMovement({ counterparty: { name: EVA.name, identifier: EVA.iban } });
    addMovement({ counterparty: { name: 'E. de Vries', identifier: EVA.iban } });
    addMovement({ amount: 900, counterparty: { name: 'A customer', identifier: createFakeIban(78) } });
    addMovement({
      type: 'direct-debit',
      counterparty: { name: 'A creditor', identifier: createFakeIban(79) },
    });
    addMovement({ counterparty: { name: 'No IBAN', identifier: 'NL11ABNA01234567890' } });
    addMovement({ counterparty: { name: '', identifier: createFakeIban(80) } });
    expect(await trial.syncBeneficiaries()).toEqual([JAN.iban, EVA.iban]);
    expect(trial.beneficiaries.get(EVA.iban)).toEqual({
      id: EVA.iban,
      ownerName: EVA.name,
      metadata: {
        'com.formance.spec/owner/name': EVA.name,
        'com.formance.spec/owner/iban': EVA.iban,
        'com.formance.spec/owner/country': 'NL',
      },
    });
    expect(trial.beneficiaries.get(JAN.iban)?.ownerName).toBe(JAN.name);
    addMovement({ counterparty: { name: 'Eva again', identifier: EVA.iban } });
    addMovement({ counterparty: { name: 'New', identifier: createFakeIban(81) } });
    expect(await trial.syncBeneficiaries()).toEqual([JAN.iban, createFakeIban(81)]);
  });

  it('an IBAN is the same with hyphens, as its check says', async () => {
    const hyphens = { ...JAN, iban: 'NL02-ABNA-0123-4567-89' };
    const other = await MollieTestConnector.open(fake, { transfers: 'draft', beneficiaries: [hyphens] });
    addMovement({ counterparty: { name: EVA.name, identifier: EVA.iban.replace(/^(.{8})/, '$1-') } });
    addMovement({ counterparty: { name: 'Jan', identifier: JAN.iban } });
    expect(await other.syncBeneficiaries()).toEqual([JAN.iban, EVA.iban]);
    await other.psp.createPayout!(createOrder());
    expect(getFirstDraft().creditor).toEqual({ fullName: JAN.name, account: { iban: JAN.iban } });
    await other.close();
    const twice = { accessToken: 'access_x', beneficiaries: [JAN, { ...hyphens, name: 'Mallory' }] };
    expect(await validate(plainToInstance(MollieSettings, twice))).toMatchObject([
      { constraints: { arrayUnique: 'beneficiaries must have each IBAN once' } },
    ]);
  });

  it('goes on from the cursor of a version that listed bank accounts only', async () => {
    addMovement({ counterparty: { name: EVA.name, identifier: EVA.iban } });
    trial.beneficiariesCursor = 'whole';
    expect(await trial.syncBeneficiaries()).toEqual([JAN.iban, EVA.iban]);
  });

  it('no further beneficiary if the token may not read business accounts', async () => {
    fake.server.injectFault({ fault: { status: 403 }, path: '/v2/business-accounts/accounts' });
    expect(await trial.syncBeneficiaries()).toEqual([JAN.iban]);
  });
});

function getFirstDraft(): FakeDraftTransfer {
  return fake.drafts.all[0]!;
}

/** Adds a transaction of the business account that was not ordered through this gateway. */
function addMovement(row: Partial<FakeBusinessTransaction>): void {
  const createdAt = trial.clock.now();
  const id = `batr_${fake.nextNumber()}`;
  account.journal.append({ id, type: 'bank-transfer', amount: -100, createdAt, processed: true, ...row });
}

function createOrder(order: Partial<Order> = {}): Order {
  return {
    kind: 'PAYOUT',
    idempotencyKey: '00000000-0000-4000-8000-000000000001',
    reference: 'our-1',
    amount: { amount: 2500n, asset: 'EUR/2' },
    sourceAccountId: account.id,
    destinationAccountId: JAN.iban,
    metadata: {},
    createdAt: '2026-01-15T00:00:00Z',
    ...order,
  };
}
