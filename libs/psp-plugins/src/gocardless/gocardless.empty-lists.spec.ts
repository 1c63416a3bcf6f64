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
