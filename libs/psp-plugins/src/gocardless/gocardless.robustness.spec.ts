/**
 * Tests that an answer without a list, on any path, is never the end of the list, that a change during an interrupted first listing is found, and that
 * the items of a payout are read again until they add up to it. Also tests a webhook with unusual types of events.
 */
import { InMemoryFeed, ManualClock, openConnector } from '@tributary/connector-api/testing';
import { GocardlessFake } from './gocardless.fake.js';
import { verifyWebhook } from './gocardless.webhooks.js';
import { gocardless } from './index.js';
import { pull, startFake } from './testing/pull-transactions.js';
import { SimulatedHistory } from './testing/simulate-history.js';
import { signWebhook } from './testing/suite-fixture.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const PATHS = [
  ...['/payments', '/refunds', '/payouts', '/payout_items', '/events', '/outbound_payments'],
  ...['/payment_accounts', '/payment_accounts/{id}/transactions'],
];
const ANSWERS = [
  { body: {} },
  { body: null },
  { status: 204 },
  { body: [] },
  { body: { payouts: [], payments: [], events: [] } },
  { rawBody: '<html>Maintenance</html>' },
];

it.each(PATHS)('an answer without a list of %s', async (path) => {
  const clock = new ManualClock();
  const fake = await GocardlessFake.start(clock);
  new SimulatedHistory(fake, { payments: 12, days: 20, end: clock.now() });
  const since = new Date(clock.now() - 25 * DAY_MS).toISOString().slice(0, 10);
  const settings = { ...fake.settings, since };
  const read = async (feed: InMemoryFeed, from?: string) => {
    const connector = await openConnector(gocardless, settings, { feed, clock });
    let cursor = from;
    try {
      for await (const page of connector.psp.transactions(cursor)) {
        feed.commitPage('transactions', page);
        cursor = page.cursor;
      }
      return { cursor };
    } catch (error) {
      return { cursor, error };
    } finally {
      await connector.close();
    }
  };
  const listIds = (feed: InMemoryFeed) =>
    feed
      .getTransactions()
      .map(({ id }) => id)
      .sort();
  const whole = new InMemoryFeed();
  await read(whole);
  for (const response of ANSWERS) {
    const feed = new InMemoryFeed();
    fake.server.injectFault({ path, fault: { response }, times: Infinity });
    const { cursor, error } = await read(feed);
    expect(error).toMatchObject({ name: 'PspError' });
    fake.server.clearFaults();
    expect((await read(feed, cursor)).error).toBeUndefined();
    expect(listIds(feed)).toEqual(listIds(whole));
  }
  await fake.server.close();
});

it('finds a change of an old payment between an interrupted first listing and the next one', async () => {
  const { created_at, ...test } = await startFake();
  const payment = { amount: 1000, currency: 'GBP', status: 'pending_submission', links: { creditor: 'CR1' } };
  for (let days = 190; days > 60; days -= 10)
    test.fake.tables.payments.add({ id: `PM${days}`, created_at: created_at(days), ...payment });
  const cursor = await pull(test, undefined, 1);
  test.clock.advance(HOUR_MS);
  test.fake.change('payments', 'PM190', 'confirmed', { status: 'confirmed' });
  test.clock.advance(5 * HOUR_MS);
  await pull(test, cursor);
  expect(test.feed.getTransactions().find(({ id }) => id === 'PM190')).toMatchObject({ status: 'SUCCEEDED' });
  await test.fake.server.close();
});

it('reads the items of a payout again until they add up to it', async () => {
  const { created_at, ...test } = await startFake();
  test.fake.tables.payouts.add({
    ...{ id: 'PO1', created_at: created_at(5), amount: 980, currency: 'GBP', status: 'paid' },
    ...{ deducted_fees: 20, links: { creditor: 'CR1', creditor_bank_account: 'BA1' } },
  });
  const links = { payout: 'PO1', payment: 'PM1' };
  const countItemRequests = () =>
    test.fake.server.requests.filter(({ path }) => path === '/payout_items').length;
  test.fake.tables.payout_items.add({ type: 'payment_paid_out', amount: '1000.0', links });
  let cursor = await pull(test);
  test.fake.tables.payout_items.add({ type: 'gocardless_fee', amount: '-20.0', links });
  test.clock.advance(DAY_MS);
  cursor = await pull(test, cursor);
  expect(test.feed.getTransactions().map(({ id }) => id)).toEqual(['PO1', 'PO1.gocardless_fee.PM1']);
  expect(countItemRequests()).toBe(2);
  test.clock.advance(DAY_MS);
  await pull(test, cursor);
  expect(countItemRequests()).toBe(2);
  await test.fake.server.close();
});

it('a payout that changes back and forth adds up to its last status', async () => {
  const { created_at, ...test } = await startFake();
  test.fake.add('payouts', {
    ...{ id: 'PO1', created_at: created_at(5), amount: 1000, currency: 'GBP', status: 'pending' },
    ...{ deducted_fees: 0, links: { creditor: 'CR1', creditor_bank_account: 'BA1' } },
  });
  const item = { type: 'payment_paid_out', amount: '1000.0', links: { payout: 'PO1', payment: 'PM1' } };
  test.fake.tables.payout_items.add(item);
  let cursor = await pull(test);
  const sums: bigint[] = [];
  for (const status of ['paid', 'bounced', 'paid', 'bounced', 'paid']) {
    test.fake.change('payouts', 'PO1', status, { status });
    test.clock.advance(2 * HOUR_MS);
    cursor = await pull(test, cursor);
    sums.push(sumRows(test.feed));
  }
  expect(sums).toEqual([-1000n, 0n, -1000n, 0n, -1000n]);
  await test.fake.server.close();
});

it('reads later payouts again when the items of an earlier one become complete', async () => {
  const { created_at, ...test } = await startFake();
  const addPayout = (id: string, days: number, amount: number) =>
    test.fake.tables.payouts.add({
      ...{ id, created_at: created_at(days), amount, currency: 'GBP', status: 'paid', deducted_fees: 0 },
      links: { creditor: 'CR1', creditor_bank_account: 'BA1' },
    });
  const addItem = (payout: string, type: string, amount: string, payment: string) =>
    test.fake.tables.payout_items.add({ type, amount, links: { payout, payment } });
  addPayout('PO1', 9, 500);
  addItem('PO1', 'payment_paid_out', '1500.0', 'PM2');
  addPayout('PO2', 5, 1000);
  addItem('PO2', 'payment_paid_out', '1000.0', 'PM1');
  const cursor = await pull(test);
  // Only now GoCardless lists the chargeback, which the item of the later payout cancels.
  addItem('PO1', 'payment_charged_back', '-1000.0', 'PM1');
  test.clock.advance(DAY_MS);
  await pull(test, cursor);
  expect(test.feed.getTransactions().map(({ id }) => id)).toEqual([
    ...['PO1', 'PO2', 'PM1.payment_charged_back', 'PM1.payment_paid_out'],
  ]);
  await test.fake.server.close();
});

it('cursors that do not say whether a list ends are an error, and no row is lost', async () => {
  const { created_at, ...test } = await startFake();
  const payment = { amount: 1000, currency: 'GBP', status: 'confirmed', links: { creditor: 'CR1' } };
  for (const days of [9, 8])
    test.fake.tables.payments.add({ id: `PM${days}`, created_at: created_at(days), ...payment });
  test.fake.maxPageSize = 1;
  test.fake.server.transformResponse = ({ path }, body) =>
    path === '/payments' ? { ...(body as object), meta: { cursors: {}, limit: 1 } } : body;
  await expect(pull(test)).rejects.toThrow('has no meta.cursors.after');
  test.fake.server.transformResponse = undefined;
  await pull(test);
  expect(test.feed.getTransactions().map(({ id }) => id)).toEqual(['PM9', 'PM8']);
  await test.fake.server.close();
});

it('an outbound payment whose payment account is not readable is refused', async () => {
  const { created_at, ...test } = await startFake();
  const payment = { id: 'OUT1', created_at: created_at(4), amount: 100, currency: 'GBP', status: 'executed' };
  const links = { creditor: 'CR1', recipient_bank_account: 'BA7' };
  test.fake.tables.outbound_payments.add({ ...payment, links });
  await pull(test);
  expect(test.feed.getTransactions()).toEqual([]);
  expect(test.feed.rejectedRecords.get('OUT1')?.reason).toContain('no payment account of CR1 is readable');
  await test.fake.server.close();
});

it('a refund that names neither a payment nor a mandate is refused', async () => {
  const { created_at, ...test } = await startFake();
  const refund = { id: 'RF1', created_at: created_at(4), amount: 100, currency: 'GBP', status: 'paid' };
  test.fake.tables.refunds.add({ ...refund, links: { creditor: 'CR1' } });
  await pull(test);
  expect(test.feed.getTransactions()).toEqual([]);
  expect(test.feed.rejectedRecords.get('RF1')?.reason).toContain('links.mandate');
  await test.fake.server.close();
});

/** Adds up what the rows did to the balance of the creditor. */
function sumRows(feed: InMemoryFeed): bigint {
  return feed
    .getTransactions()
    .filter(({ status }) => status !== 'PENDING')
    .map(({ amount, sourceAccountId }) => (sourceAccountId === 'CR1' ? -amount.amount : amount.amount))
    .reduce((sum, effect) => sum + effect, 0n);
}

it('takes back the second row of an item that two overlapping pages contained', async () => {
  const { created_at, ...test } = await startFake();
  test.fake.tables.payouts.add({
    ...{ id: 'PO1', created_at: created_at(5), amount: 960, currency: 'GBP', status: 'paid' },
    ...{ deducted_fees: 40, links: { creditor: 'CR1', creditor_bank_account: 'BA1' } },
  });
  const links = { payout: 'PO1', payment: 'PM1' };
  test.fake.tables.payout_items.add({ type: 'payment_paid_out', amount: '1000.0', links });
  for (const type of ['gocardless_fee', 'app_fee'])
    test.fake.tables.payout_items.add({ type, amount: '-20.0', links });
  test.fake.server.transformResponse = ({ path }, body) => {
    if (path !== '/payout_items') return body;
    const { payout_items: items } = body as { payout_items: object[] };
    return { ...(body as object), payout_items: [...items, ...items.slice(0, 1)] };
  };
  let cursor = await pull(test);
  expect(sumRows(test.feed)).toBe(-1020n);
  test.fake.server.transformResponse = undefined;
  for (const expected of [-1000n, -1000n]) {
    test.clock.advance(DAY_MS);
    cursor = await pull(test, cursor);
    expect(sumRows(test.feed)).toBe(expected);
  }
  await test.fake.server.close();
});

it.each([
  ['charged_back', 'payment_charged_back'],
  ['failed', 'payment_failed'],
])(
  'a payment that is %s without links.payout counts as paid, because a payout takes it back',
  async (status, type) => {
    const { created_at, ...test } = await startFake();
    const payment = { id: 'PM1', amount: 1000, currency: 'GBP', created_at: created_at(9) };
    test.fake.tables.payments.add({ ...payment, status, links: { creditor: 'CR1' } });
    const addPayout = (id: string, days: number, items: readonly [type: string, amount: string][]) => {
      const amount = items.reduce((sum, item) => sum + Number(item[1]), 0);
      test.fake.add('payouts', {
        ...{ id, created_at: created_at(days), amount, currency: 'GBP', status: 'paid', deducted_fees: 0 },
        links: { creditor: 'CR1', creditor_bank_account: 'BA1' },
      });
      for (const [itemType, itemAmount] of items) {
        const links = { payout: id, payment: itemType === 'other' ? 'PM_OLD' : 'PM1' };
        const word = itemType === 'other' ? 'payment_paid_out' : itemType;
        test.fake.tables.payout_items.add({ type: word, amount: itemAmount, links });
      }
    };
    const readStatus = () => test.feed.getTransactions().find(({ id }) => id === 'PM1')?.status;
    addPayout('PO1', 7, [['payment_paid_out', '1000.0']]);
    let cursor = await pull(test);
    expect(readStatus()).toBe(status === 'failed' ? 'FAILED' : 'DISPUTE_LOST');
    addPayout('PO2', 0, [
      [type, '-1000.0'],
      ['other', '1500.0'],
    ]);
    test.clock.advance(HOUR_MS);
    cursor = await pull(test, cursor);
    expect(readStatus()).toBe('SUCCEEDED');
    // The payment is read again, and still does not name its payout.
    test.fake.change('payments', 'PM1', status, { status });
    test.clock.advance(DAY_MS);
    await pull(test, cursor);
    expect(readStatus()).toBe('SUCCEEDED');
    const whole = { ...test, feed: new InMemoryFeed() };
    const first = await pull(whole);
    test.clock.advance(DAY_MS);
    await pull(whole, first);
    expect(whole.feed.getTransactions().find(({ id }) => id === 'PM1')?.status).toBe('SUCCEEDED');
    await test.fake.server.close();
  },
);

it('a token that may read the journal of a payment account, and not its outbound payments, is an error', async () => {
  const { created_at, ...test } = await startFake();
  const links = { creditor: 'CR1' };
  test.fake.tables.payment_accounts.add({ id: 'BA9', currency: 'GBP', account_balance: 0, links });
  const entry = { amount: 100, currency: 'GBP', direction: 'debit', value_date: created_at(3).slice(0, 10) };
  test.fake.getJournal('BA9').add({ id: 'T1', ...entry, links: { outbound_payment: 'OUT1' } });
  const body = { error: { message: 'Forbidden', code: 403, errors: [] } };
  const response = { status: 403, body };
  test.fake.server.injectFault({ path: '/outbound_payments', fault: { response }, times: Infinity });
  await expect(pull(test)).rejects.toThrow('outbound_payments: answered 403');
  await test.fake.server.close();
});

it('takes the payer of an outbound payment from the journal if its creditor has several payment accounts', async () => {
  const { created_at, ...test } = await startFake();
  const links = { creditor: 'CR1' };
  for (const id of ['BA1', 'BA2'])
    test.fake.tables.payment_accounts.add({ id, currency: 'GBP', account_balance: 0, links });
  const payment = { id: 'OUT1', created_at: created_at(4), amount: 100, currency: 'GBP', status: 'executed' };
  test.fake.tables.outbound_payments.add({ ...payment, links: { ...links, recipient_bank_account: 'BA7' } });
  const entry = { amount: 100, currency: 'GBP', value_date: created_at(3).slice(0, 10) };
  const named = { links: { outbound_payment: 'OUT1' } };
  test.fake.getJournal('BA2').add({ id: 'T1', direction: 'debit', ...entry, ...named });
  test.fake.getJournal('BA2').add({ id: 'T2', direction: 'credit', ...entry, ...named });
  // GoCardless does not show OUT2, so its debit has the row.
  const unknown = { id: 'T3', direction: 'debit', counterparty_name: 'JO', ...entry };
  test.fake.getJournal('BA1').add({ ...unknown, links: { outbound_payment: 'OUT2' } });
  await pull(test);
  expect(test.feed.getTransactions()).toMatchObject([
    { id: 'OUT1', status: 'SUCCEEDED', sourceAccountId: 'BA2', destinationAccountId: 'BA7' },
    { id: 'OUT1.return', status: 'REFUNDED', destinationAccountId: 'BA2', relatedTransactionId: 'OUT1' },
    { id: 'OUT2', type: 'PAYOUT', status: 'SUCCEEDED', sourceAccountId: 'BA1', amount: { amount: 100n } },
  ]);
  const connector = await openConnector(gocardless, test.fake.settings, test);
  const order = {
    ...({
      kind: 'PAYOUT',
      idempotencyKey: 'key',
      createdAt: created_at(0),
      metadata: {},
      reference: 'r',
    } as const),
    ...{ amount: { amount: 1n, asset: 'GBP/2' }, sourceAccountId: 'BA1', destinationAccountId: 'BA7' },
  };
  await expect(connector.psp.createPayout!(order)).rejects.toMatchObject({ kind: 'rejected' });
  await connector.close();
  await test.fake.server.close();
});

it('a refund has the payout that it reduced as its settlement, also when it is read again', async () => {
  const { created_at, ...test } = await startFake();
  const common = { currency: 'GBP', links: { creditor: 'CR1' } };
  test.fake.tables.payments.add({
    ...{ ...common, id: 'PM1', created_at: created_at(9), amount: 1000, status: 'paid_out' },
  });
  const links = { payment: 'PM1' };
  const refund = { id: 'RF1', created_at: created_at(6), amount: 150, currency: 'GBP', links };
  test.fake.tables.refunds.add({ ...refund, status: 'paid' });
  test.fake.tables.payouts.add({
    ...{ ...common, id: 'PO1', created_at: created_at(5), amount: 850, status: 'paid', deducted_fees: 0 },
  });
  const item = { links: { payout: 'PO1', payment: 'PM1', refund: 'RF1' } };
  test.fake.tables.payout_items.add({ type: 'payment_paid_out', amount: '1000.0', ...item });
  test.fake.tables.payout_items.add({ type: 'payment_refunded', amount: '-150.0', ...item });
  let cursor = await pull(test);
  for (const status of ['paid', 'funds_returned']) {
    test.fake.change('refunds', 'RF1', status, { status });
    cursor = await pull(test, cursor);
    test.clock.advance(2 * DAY_MS);
    cursor = await pull(test, cursor);
  }
  const settlements = test.feed
    .getTransactions()
    .map(({ id, metadata }) => `${id} ${metadata?.['com.tributary.spec/settlement']}`);
  expect(settlements.sort()).toEqual([
    ...['PM1 undefined', 'PO1 PO1', 'RF1 PO1', 'RF1.funds_returned undefined'],
  ]);
  await test.fake.server.close();
});

it('payments and refunds have the names of their payers, which never cost a row', async () => {
  const { created_at, ...test } = await startFake();
  const links = { creditor: 'CR1', mandate: 'MD1' };
  const payment = { amount: 1000, currency: 'GBP', status: 'confirmed', links };
  test.fake.tables.customer_bank_accounts.add({
    ...{ id: 'BA1', created_at: created_at(400), account_holder_name: 'JO DOE', links: { customer: 'CU1' } },
  });
  test.fake.tables.mandates.add({
    ...{ id: 'MD1', created_at: created_at(400), links: { customer: 'CU1', customer_bank_account: 'BA1' } },
  });
  test.fake.tables.payments.add({ id: 'PM1', created_at: created_at(9), ...payment });
  const refund = { amount: 10, currency: 'GBP', status: 'paid', links: { payment: 'PM1', mandate: 'MD1' } };
  test.fake.tables.refunds.add({ id: 'RF1', created_at: created_at(8), ...refund });
  const body = { error: { message: 'Forbidden', code: 403, errors: [] } };
  test.fake.server.injectFault({ path: '/mandates', fault: { response: { status: 403, body } }, times: 1 });
  const cursor = await pull(test);
  const listNames = () =>
    test.feed
      .getTransactions()
      .map(({ id, metadata = {} }) =>
        [id, metadata['com.tributary.spec/counterparty_name'], metadata['com.gocardless.spec/customer']].join(
          ' ',
        ),
      );
  expect(listNames().sort()).toEqual(['PM1  ', 'RF1  ']);
  test.clock.advance(2 * DAY_MS);
  await pull(test, cursor);
  expect(listNames().sort()).toEqual(['PM1 JO DOE CU1', 'RF1 JO DOE CU1']);
  await test.fake.server.close();
});

it('a webhook with the name of a property of every object as its type starts no stream', () => {
  const types = ['constructor', 'creditors', 'mandates', 'payments', 'refunds'];
  const rawBody = Buffer.from(JSON.stringify({ events: types.map((type) => ({ resource_type: type })) }));
  const request = { headers: signWebhook(rawBody, 'secret'), rawBody };
  expect(verifyWebhook(request, ['secret'])).toEqual(['accounts', 'transactions']);
});
