/** Tests that a well-formed empty list that GoCardless returns once hides no row, neither in the first window nor behind a cursor. */
import { InMemoryFeed } from '@tributary/connector-api/testing';
import { pull, startFake } from './testing/pull-transactions.js';

const EMPTY = { meta: { cursors: { before: null, after: null }, limit: 1 } };

it.each(['first', 'second'])('an empty %s page of old payments that comes once', async (which) => {
  const { created_at, ...test } = await startFake();
  const payment = { amount: 1000, currency: 'GBP', status: 'confirmed', links: { creditor: 'CR1' } };
  for (const days of [120, 119, 118])
    test.fake.tables.payments.add({ id: `PM${days}`, created_at: created_at(days), ...payment });
  test.fake.maxPageSize = 1;
  const listIds = async () => {
    const feed = new InMemoryFeed();
    await pull({ ...test, feed });
    return feed
      .getTransactions()
      .map(({ id }) => id)
      .sort();
  };
  const whole = await listIds();
  let faults = 0;
  test.fake.server.transformResponse = ({ path, query }, body) => {
    const { payments = [] } = body as { payments?: unknown[] };
    const isBehindCursor = query.has('after');
    const isHit = path === '/payments' && payments.length > 0 && isBehindCursor === (which === 'second');
    if (!isHit || faults > 0) return body;
    faults += 1;
    return { payments: [], ...EMPTY };
  };
  expect(await listIds()).toEqual(whole);
  expect([faults, whole.length]).toEqual([1, 3]);
  await test.fake.server.close();
});

it('an empty list of the items of an old payout that comes once is requested again at the next sync', async () => {
  const { created_at, ...test } = await startFake();
  const { fake, feed } = test;
  const links = { creditor: 'CR1', creditor_bank_account: 'BA1' };
  fake.tables.payouts.add({
    ...{ id: 'PO1', created_at: created_at(100), amount: 950, currency: 'GBP', deducted_fees: 50 },
    ...{ status: 'paid', links },
  });
  fake.tables.payments.add({
    ...{ id: 'PM1', created_at: created_at(105), amount: 1000, currency: 'GBP', status: 'paid_out' },
    links: { creditor: 'CR1', payout: 'PO1' },
  });
  const itemLinks = { payout: 'PO1', payment: 'PM1' };
  fake.tables.payout_items.add({ type: 'payment_paid_out', amount: '1000.0', links: itemLinks });
  fake.tables.payout_items.add({ type: 'gocardless_fee', amount: '-50.0', links: itemLinks });
  let faults = 0;
  fake.server.transformResponse = ({ path }, body) => {
    if (path !== '/payout_items' || faults > 0) return body;
    faults += 1;
    return { payout_items: [], ...EMPTY };
  };
  const listFees = () =>
    feed
      .getTransactions()
      .filter(({ metadata }) => metadata?.['com.tributary.spec/movement'] === 'fee')
      .map(({ amount }) => amount.amount);
  const cursor = await pull(test);
  expect([faults, ...listFees()]).toEqual([1]);
  const requestCount = fake.server.requests.length;
  const next = await pull(test, cursor);
  expect(listFees()).toEqual([50n]);
  await pull(test, next);
  const details = fake.server.requests
    .slice(requestCount)
    .filter(({ path }) => /payout_items|PO1/.test(path));
  expect(details.map(({ path }) => path)).toEqual(['/payouts/PO1', '/payout_items']);
  await fake.server.close();
});
