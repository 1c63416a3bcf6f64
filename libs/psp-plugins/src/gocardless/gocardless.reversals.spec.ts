/** Tests payments that succeed, fail and succeed again under the same id, before a payout and in one. */
import type { InMemoryFeed } from '@tributary/connector-api/testing';
import { pull, startFake } from './testing/pull-transactions.js';

const HOUR_MS = 3_600_000;
const PAYMENT = { id: 'PM1', amount: 2000, currency: 'GBP', links: { creditor: 'CR1' } };

const describeRows = (feed: InMemoryFeed) =>
  feed.getTransactions().map(({ id, status }) => `${id} ${status}`);

/** Adds up what the rows did to the balance of the creditor. */
function sumRows(feed: InMemoryFeed): bigint {
  return feed
    .getTransactions()
    .filter(({ status }) => ['SUCCEEDED', 'REFUNDED', 'REFUND_REVERSED'].includes(status))
    .map(({ amount, sourceAccountId }) => (sourceAccountId === 'CR1' ? -amount.amount : amount.amount))
    .reduce((sum, effect) => sum + effect, 0n);
}

it.each([
  [['confirmed', 'failed', 'confirmed']],
  [['confirmed', 'failed', 'pending_submission', 'confirmed']],
  [['confirmed', 'pending_submission', 'confirmed']],
  [['confirmed', 'charged_back', 'confirmed']],
  [['confirmed', 'failed', 'confirmed', 'failed', 'confirmed']],
])('a payment that is %j adds up to each status, and to the payout that contains it', async (statuses) => {
  const { created_at, ...test } = await startFake();
  test.fake.tables.payments.add({ ...PAYMENT, created_at: created_at(9), status: 'submitted' });
  let cursor = await pull(test);
  for (const status of statuses) {
    test.fake.change('payments', 'PM1', status, { status });
    test.clock.advance(HOUR_MS);
    cursor = await pull(test, cursor);
    expect([status, sumRows(test.feed)]).toEqual([status, status === 'confirmed' ? 2000n : 0n]);
  }
  test.fake.add('payouts', {
    ...{ id: 'PO1', created_at: created_at(0), amount: 2000, currency: 'GBP', status: 'paid' },
    ...{ deducted_fees: 0, links: { creditor: 'CR1', creditor_bank_account: 'BA1' } },
  });
  const links = { payout: 'PO1', payment: 'PM1' };
  test.fake.tables.payout_items.add({ type: 'payment_paid_out', amount: '2000.0', links });
  const change = { status: 'paid_out', links: { ...PAYMENT.links, payout: 'PO1' } };
  test.fake.change('payments', 'PM1', 'paid_out', change);
  test.clock.advance(HOUR_MS);
  await pull(test, cursor);
  expect(sumRows(test.feed)).toBe(0n);
  await test.fake.server.close();
});

it('restores a payment that failed late, and whose payout was not known then, when an item takes it back', async () => {
  const { created_at, ...test } = await startFake();
  test.fake.tables.payments.add({ ...PAYMENT, created_at: created_at(9), status: 'confirmed' });
  let cursor = await pull(test);
  test.fake.change('payments', 'PM1', 'failed', { status: 'failed' });
  test.clock.advance(HOUR_MS);
  cursor = await pull(test, cursor);
  expect(describeRows(test.feed)).toEqual(['PM1 SUCCEEDED', 'PM1.reversed REFUNDED']);
  test.fake.add('payouts', {
    ...{ id: 'PO2', created_at: created_at(0), amount: 500, currency: 'GBP', status: 'paid' },
    ...{ deducted_fees: 0, links: { creditor: 'CR1', creditor_bank_account: 'BA1' } },
  });
  const addItem = (type: string, amount: string, payment: string) =>
    test.fake.tables.payout_items.add({ type, amount, links: { payout: 'PO2', payment } });
  addItem('payment_failed', '-2000.0', 'PM1');
  addItem('payment_paid_out', '2500.0', 'PM2');
  for (let reading = 0; reading < 2; reading += 1) {
    test.clock.advance(25 * HOUR_MS);
    cursor = await pull(test, cursor);
    expect(describeRows(test.feed)).toEqual([
      ...['PM1 SUCCEEDED', 'PM1.reversed REFUNDED', 'PM1.restored REFUND_REVERSED'],
      ...['PO2 SUCCEEDED', 'PM1.payment_failed REFUNDED'],
    ]);
  }
  await test.fake.server.close();
});
