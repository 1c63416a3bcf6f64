/** Tests the conversion of rows, the reading of a journal, and accounts. */
import { PspDocumentValidator } from '@tributary/connector-api/testing';
import { computeBalance, FakeMollie, MOLLIE_DOCUMENT_PATH } from './mollie.fake.js';
import type { FakeBalance, FakeBalanceTransaction } from './mollie.fake.js';
import { simulateYear } from './testing/simulate-year.js';
import { MollieTestConnector, sumByAsset } from './testing/mollie-test-connector.js';
import type { MollieSettings } from './mollie.config.js';

const document = await PspDocumentValidator.loadOfficial(MOLLIE_DOCUMENT_PATH);
const NOON = Date.UTC(2026, 0, 10, 12);
const SPEC = 'com.mollie.spec/';
let fake: FakeMollie;
let balance: FakeBalance;
let trial: MollieTestConnector;

beforeEach(async () => {
  fake = await FakeMollie.start(document);
  balance = fake.addBalance('EUR');
  trial = await MollieTestConnector.open(fake);
});

afterEach(async () => {
  await trial.close();
  await fake.close();
});

describe('rows', () => {
  it('a payment is gross, under its own id, and every deduction is a row of its own', async () => {
    const deductions = { fees: -2, commissions: -9, repayments: -7, reservations: -10 };
    addTransaction({
      id: 'baltr_1',
      type: 'payment',
      amount: 1000,
      deductions,
      context: { paymentId: 'tr_1' },
    });
    await trial.sync();
    expect([...trial.transactions.values()].map(({ id, type, amount }) => [id, type, amount.amount])).toEqual(
      [
        ['tr_1', 'PAYIN', 1000n],
        ['baltr_1-fees', 'OTHER', 2n],
        ['baltr_1-commissions', 'OTHER', 9n],
        ['baltr_1-repayments', 'OTHER', 7n],
        ['baltr_1-reservations', 'OTHER', 10n],
      ],
    );
    expect(getSums()).toEqual({ 'EUR/2': 972n });
  });

  it('refunds, chargebacks and their reversals are tied to the payment, with its type', async () => {
    const context = { paymentId: 'tr_1' };
    addTransaction({ id: 'baltr_1', type: 'payment', amount: 1000, context });
    addTransaction({
      id: 'baltr_2',
      type: 'refund',
      amount: -300,
      deductions: { fees: -25 },
      context: { ...context, refundId: 're_1' },
    });
    addTransaction({
      id: 'baltr_3',
      type: 'chargeback',
      amount: -700,
      context: { ...context, chargebackId: 'chb_1' },
    });
    addTransaction({
      id: 'baltr_4',
      type: 'chargeback-reversal',
      amount: 700,
      context: { ...context, chargebackId: 'chb_1' },
    });
    addTransaction({
      id: 'baltr_5',
      type: 'returned-refund',
      amount: 300,
      context: { ...context, refundId: 're_1' },
    });
    await trial.sync();
    const ofPayment = [...trial.transactions.values()].filter(
      ({ relatedTransactionId }) => relatedTransactionId === 'tr_1',
    );
    expect(ofPayment.map(({ id, type, status }) => [id, type, status])).toEqual([
      ['baltr_2', 'PAYIN', 'REFUNDED'],
      ['baltr_3', 'PAYIN', 'REFUNDED'],
      ['baltr_4', 'PAYIN', 'REFUND_REVERSED'],
      ['baltr_5', 'PAYIN', 'REFUND_REVERSED'],
    ]);
    expect(trial.transactions.get('baltr_2')?.metadata).toMatchObject({
      [`${SPEC}refund_id`]: 're_1',
      [`${SPEC}type`]: 'refund',
    });
    // A deduction is not linked to its payment, because Formance would apply the status of the deduction to the payment.
    expect(trial.transactions.get('baltr_2-fees')).toMatchObject({ type: 'OTHER', status: 'SUCCEEDED' });
    expect(trial.transactions.get('baltr_2-fees')?.relatedTransactionId).toBeUndefined();
  });

  it('a refund whose payment came in an earlier sync is tied; one whose payment never came stands alone', async () => {
    addTransaction({ id: 'baltr_1', type: 'payment', amount: 1000, context: { paymentId: 'tr_1' } });
    await trial.sync();
    addTransaction({
      id: 'baltr_2',
      type: 'refund',
      amount: -300,
      context: { paymentId: 'tr_1', refundId: 're_1' },
    });
    addTransaction({
      id: 'baltr_3',
      type: 'refund',
      amount: -400,
      context: { paymentId: 'tr_unknown', refundId: 're_2' },
    });
    await trial.sync();
    expect(trial.transactions.get('baltr_2')).toMatchObject({
      relatedTransactionId: 'tr_1',
      status: 'REFUNDED',
    });
    expect(trial.transactions.get('baltr_3')).toMatchObject({ type: 'OTHER', status: 'SUCCEEDED' });
    expect(getSums()).toEqual({ 'EUR/2': 300n });
  });

  it('captures of one payment add up, and none replaces another', async () => {
    for (const number of [1, 2, 3]) {
      addTransaction({
        id: `baltr_${number}`,
        type: 'capture',
        amount: 100 * number,
        context: { paymentId: 'tr_1', captureId: `cpt_${number}` },
      });
      await trial.sync();
    }
    expect(
      [...trial.transactions.values()].map(({ id, status, amount }) => [id, status, amount.amount]),
    ).toEqual([
      ['tr_1', 'SUCCEEDED', 100n],
      ['baltr_2', 'CAPTURE', 200n],
      ['baltr_3', 'CAPTURE', 300n],
    ]);
  });

  it('a settlement that came back is tied to it', async () => {
    addTransaction({
      id: 'baltr_1',
      type: 'outgoing-transfer',
      amount: -5000,
      context: { transferId: 'trf_1', settlementId: 'stl_1' },
    });
    addTransaction({
      id: 'baltr_2',
      type: 'returned-transfer',
      amount: 5000,
      context: { transferId: 'trf_1', settlementId: 'stl_1' },
    });
    await trial.sync();
    expect(trial.transactions.get('trf_1')).toMatchObject({
      type: 'PAYOUT',
      status: 'SUCCEEDED',
      sourceAccountId: balance.id,
    });
    expect(trial.transactions.get('trf_1')?.metadata).toMatchObject({ [`${SPEC}settlement_id`]: 'stl_1' });
    expect(trial.transactions.get('baltr_2')).toMatchObject({
      type: 'PAYOUT',
      status: 'REFUNDED',
      relatedTransactionId: 'trf_1',
    });
  });

  it('an unknown type is OTHER under its own name; an unknown currency is refused, and the rest goes on', async () => {
    addTransaction({ id: 'baltr_1', type: 'moon-tax', amount: -100, odd: { context: { moonId: 'moon_1' } } });
    const amount = { currency: 'ZZZ', value: '1.00' };
    addTransaction({
      id: 'baltr_2',
      type: 'payment',
      amount: 100,
      odd: { initialAmount: amount, resultAmount: amount },
    });
    addTransaction({
      id: 'baltr_3',
      type: 'payment',
      amount: 100,
      odd: { createdAt: '2024-04-31T12:50:14+00:00' },
    });
    addTransaction({ id: 'baltr_4', type: 'topup', amount: 100 });
    await trial.sync();
    expect(trial.transactions.get('baltr_1')).toMatchObject({
      type: 'OTHER',
      metadata: { [`${SPEC}type`]: 'moon-tax', [`${SPEC}moon_id`]: 'moon_1' },
    });
    expect(trial.rejected.map(({ id, reason }) => [id, reason])).toEqual([
      ['baltr_2', expect.stringContaining('ZZZ')],
      ['baltr_3', expect.stringContaining('2024-04-31')],
    ]);
    expect(trial.transactions.get('baltr_4')).toMatchObject({ type: 'PAYIN' });
  });

  it('currencies without and with three decimal places are exact; what Mollie does not itemise is a row too', async () => {
    const yen = (value: string) => ({ currency: 'JPY', value });
    const dinar = (value: string) => ({ currency: 'KWD', value });
    addTransaction({
      id: 'baltr_1',
      type: 'payment',
      amount: 0,
      odd: { initialAmount: yen('1250'), resultAmount: yen('1240') },
    });
    addTransaction({
      id: 'baltr_2',
      type: 'payment',
      amount: 0,
      odd: { initialAmount: dinar('12.345'), resultAmount: dinar('12.345') },
    });
    await trial.sync();
    expect(getSums()).toEqual({ JPY: 1240n, 'KWD/3': 12345n });
    expect(trial.transactions.get('baltr_1-other')?.amount).toEqual({ amount: 10n, asset: 'JPY' });
  });
});

describe('the walk', () => {
  it('fetches rows that arrive while it is under way, and asks for one page of what it knows', async () => {
    simulateYear(fake, balance, 700);
    await reopen({ pageSize: 50 });
    let isFirst = true;
    for await (const page of trial.psp.transactions()) {
      if (isFirst) addPayments(120, NOON);
      isFirst = false;
      page.items.forEach((item) => trial['applyItem'](item));
      trial.cursor = page.cursor;
    }
    expect(getSums()).toEqual({ 'EUR/2': BigInt(computeBalance(balance)) });
    const before = fake.server.requests.length;
    await trial.sync();
    // Three requests read the 120 rows of the last hour, because a sync without new rows reads these rows again.
    expect(requestsSince(before)).toHaveLength(3);
  });

  it('sees a row that turned up late, below others that it knows', async () => {
    addPayments(30, NOON);
    await trial.sync();
    balance.journal.insertBelow({ id: 'baltr_late', type: 'topup', amount: 7, createdAt: NOON - 60_000 }, 20);
    await trial.sync();
    expect(trial.transactions.has('baltr_late')).toBe(true);
  });

  it('sees rows behind one that was dated back', async () => {
    addPayments(30, NOON);
    await trial.sync();
    addTransaction({ id: 'baltr_new', type: 'topup', amount: 7, createdAt: NOON + 9_000_000 });
    addTransaction({
      id: 'baltr_back',
      type: 'balance-correction',
      amount: 9,
      createdAt: NOON - 90 * 86_400_000,
    });
    await trial.sync();
    expect([trial.transactions.has('baltr_new'), trial.transactions.has('baltr_back')]).toEqual([true, true]);
  });

  it('survives that rows vanish which it knew, or where it wanted to go on', async () => {
    simulateYear(fake, balance, 600);
    await reopen({ pageSize: 50 });
    let pages = 0;
    for await (const page of trial.psp.transactions()) {
      page.items.forEach((item) => trial['applyItem'](item));
      trial.cursor = page.cursor;
      if ((pages += 1) === 3) break;
    }
    const { position: journals } = JSON.parse(trial.cursor!) as {
      position: Record<string, { walk: { marks: string[] } }>;
    };
    balance.journal.remove(journals[balance.id]!.walk.marks.at(-1)!);
    await trial.sync();
    const main = [...trial.transactions.values()].filter(({ metadata }) => !metadata?.[`${SPEC}deduction`]);
    expect(main.length).toBeGreaterThanOrEqual(599);
    balance.journal.remove(balance.journal.rows.at(-1)!.id);
    const before = fake.server.requests.length;
    await trial.sync();
    expect(fake.server.requests.length - before).toBeLessThan(6);
  });
});

describe('accounts', () => {
  it('are balances and business accounts, with what can be paid out', async () => {
    addPayments(3, NOON);
    balance.pending = 5000;
    const business = fake.addBusinessAccount();
    business.journal.append({
      id: 'batr_1',
      type: 'bank-transfer',
      amount: 500,
      createdAt: NOON,
      processed: true,
    });
    const [page] = await collectPages(trial.psp.accounts());
    expect(page?.items.map(({ id }) => id)).toEqual([balance.id, business.id]);
    const available = {
      accountId: balance.id,
      at: '2026-01-15T00:00:00.000Z',
      amounts: [{ amount: 300n, asset: 'EUR/2' }],
    };
    expect(page?.balances).toEqual([
      available,
      { ...available, accountId: business.id, amounts: [{ amount: 500n, asset: 'EUR/2' }] },
    ]);
    expect(await trial.psp.balances!(balance.id)).toEqual(available);
    await reopen({ balance: 'available-and-pending' });
    expect((await trial.psp.balances!(balance.id)).amounts).toEqual([{ amount: 5300n, asset: 'EUR/2' }]);
    expect(await trial.psp.balances!('bal_gone')).toMatchObject({ amounts: [] });
  });

  it.each([403, 404])(
    'a token that may not read business accounts (%i) does not disturb the rest',
    async (status) => {
      fake.server.injectFault({ fault: { status }, path: '/v2/business-accounts/accounts', times: 3 });
      addPayments(3, NOON);
      await trial.sync();
      expect(trial.transactions.size).toBe(3);
      await reopen({ businessAccounts: 'required' });
      await expect(collectPages(trial.psp.accounts())).rejects.toMatchObject({
        kind: status === 403 ? 'unauthorized' : 'rejected',
      });
      await reopen({ businessAccounts: 'off' });
      await trial.sync();
      expect(fake.server.requests.filter(({ path }) => path.includes('business'))).toHaveLength(2);
    },
  );

  it('the journal of a business account, whose rows become final later', async () => {
    const business = fake.addBusinessAccount();
    const row = { id: 'batr_1', type: 'bank-transfer', amount: -500, createdAt: NOON, processed: false };
    business.journal.append(row);
    business.journal.append({
      id: 'batr_2',
      type: 'ideal-payment',
      amount: 900,
      createdAt: NOON,
      processed: true,
    });
    await trial.sync();
    expect(trial.transactions.get('batr_1')).toMatchObject({
      type: 'PAYOUT',
      status: 'PENDING',
      sourceAccountId: business.id,
    });
    row.processed = true;
    await trial.sync();
    expect(trial.transactions.get('batr_1')).toMatchObject({ status: 'SUCCEEDED' });
    expect(sumByAsset(trial.transactions.values(), business.id)).toEqual({ 'EUR/2': 400n });
  });

  it('our own bank account can be paid', async () => {
    const [page] = await collectPages(trial.psp.beneficiaries!());
    expect(page?.items).toMatchObject([{ id: `bank-account-of-${balance.id}`, ownerName: 'Jan Jansen' }]);
  });
});

function addTransaction(row: Omit<FakeBalanceTransaction, 'createdAt'> & { createdAt?: number }): void {
  balance.journal.append({ createdAt: NOON, ...row });
}

function addPayments(count: number, createdAt: number): void {
  for (let index = 0; index < count; index += 1) {
    const number = fake.nextNumber();
    addTransaction({
      id: `baltr_${number}`,
      type: 'payment',
      amount: 100,
      context: { paymentId: `tr_${number}` },
      createdAt: createdAt + index * 1000,
    });
  }
}

function requestsSince(before: number) {
  return fake.server.requests.slice(before).filter(({ path }) => path.endsWith('/transactions'));
}

function getSums(): Record<string, bigint> {
  return sumByAsset(trial.transactions.values(), balance.id);
}

async function reopen(settings: Partial<MollieSettings>): Promise<void> {
  await trial.close();
  trial = await MollieTestConnector.open(fake, settings);
}

async function collectPages<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(page);
  return all;
}
