/** Tests the listing of transactions when PayPal's number of pages is too small, and what PayPal may return for a page after the last one. */
import { openPaypal } from './testing/open-paypal.js';

const NOW = Date.UTC(2026, 5, 1);
const DAY = 24 * 3_600_000;
const PAYMENT = { code: 'T0006', currency: 'EUR' };

let test: Awaited<ReturnType<typeof openPaypal>>;
beforeEach(async () => {
  test = await openPaypal(NOW, { since: '2026-03-01', pageSize: 2 });
});
afterEach(() => test.close());

/** Adds payments that are too old to be read again. */
const addPayments = (count: number) => {
  for (let row = 1; row <= count; row += 1)
    test.fake.add({ ...PAYMENT, at: NOW - 80 * DAY, amount: `${row}.00` });
};
const isList = (path: string) => path.endsWith('/transactions');

it('reads the pages after a full page, although PayPal says that there is only one page', async () => {
  const { fake, feed, psp } = test;
  addPayments(5);
  fake.server.transformResponse = ({ path }, body) => {
    const { transaction_details: rows = [] } = body as { transaction_details?: object[] };
    return isList(path) && rows.length > 0
      ? { ...(body as object), total_items: rows.length, total_pages: 1 }
      : body;
  };
  await feed.pull(psp);
  expect(feed.rows.size).toBe(5);
});

it.each([1, 2, 3, 4])(
  'a window with %d rows on pages of two ends, if PayPal refuses the next page',
  async (count) => {
    const { feed, psp } = test;
    addPayments(count);
    await feed.pull(psp);
    expect(feed.rows.size).toBe(count);
  },
);

it.each([
  [400, 'INVALID_RESOURCE_ID'],
  [403, 'NOT_AUTHORIZED'],
  [500, 'INTERNAL_SERVICE_ERROR'],
])('the error %d %s is not the end of a list', async (status, name) => {
  const { fake, feed, psp } = test;
  addPayments(2);
  const body = { name, message: 'an error', debug_id: 'a1' };
  const path = '/v1/reporting/transactions';
  fake.server.injectFault({ fault: { response: { status, body } }, path, nth: 2, times: Infinity });
  await expect(feed.pull(psp)).rejects.toThrow();
  expect(feed.rows.size).toBe(0);
});
