/** Tests rows of parts that the PSP no longer shows. */
import { InMemoryFeed } from '../testing/index.js';
import type { RejectedRecord } from '../plugin.js';
import type { Transaction } from '../record.types.js';
import { toFee, toPayment, toRefund, withdrawMissingParts } from './index.js';

const FIELDS = {
  accountId: 'own',
  createdAt: '2026-01-01T00:00:00Z',
  amount: { amount: 5n, asset: 'EUR/2' },
};
const payment = toPayment({ ...FIELDS, id: 'pay' });
const fee = (number: number) => toFee({ ...FIELDS, id: `pay.fee.${number}` });

/** Reads one page of the object `pay` into the feed. @returns the ids of all rows */
async function read(feed: InMemoryFeed, records: (Transaction | RejectedRecord)[]): Promise<string[]> {
  const parts = { objectIds: ['pay'], listPartIds: (id: string, number: number) => [`${id}.fee.${number}`] };
  const page = await withdrawMissingParts(records, parts, feed);
  feed.commitPage('transactions', { ...page, cursor: '' });
  return feed.getTransactions().map(({ id }) => id);
}

it('takes back any number of parts, also behind a gap, once', async () => {
  const feed = new InMemoryFeed();
  const numbers = [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13];
  await read(feed, [payment, ...numbers.map(fee)]);
  const before = feed.getTransactions().length;
  await read(feed, [payment, fee(0)]);
  const ids = await read(feed, [payment, fee(0)]);
  expect(ids.slice(before)).toEqual(numbers.slice(1).map((number) => `pay.fee.${number}.reversed`));
});

it('keeps the rows of an object that is rejected, and of a part that is rejected', async () => {
  const feed = new InMemoryFeed();
  await read(feed, [payment, fee(0)]);
  await read(feed, [{ id: 'pay', reason: 'invalid' }]);
  expect(await read(feed, [payment, { id: 'pay.fee.0', reason: 'invalid' }])).toEqual(['pay', 'pay.fee.0']);
});

it('takes back a part whose row is REFUNDED, and not one whose money did not move', async () => {
  const feed = new InMemoryFeed();
  const refund = toRefund({ id: 'pay', type: 'PAYIN' }, { ...FIELDS, id: 'pay.fee.0' });
  await read(feed, [payment, refund, { ...fee(1), status: 'FAILED' }]);
  expect(await read(feed, [payment])).toEqual(['pay', 'pay.fee.0', 'pay.fee.1', 'pay.fee.0.reversed']);
  expect(feed.getTransactions().at(-1)?.status).toBe('REFUND_REVERSED');
});

it('resolves the rejections of missing parts only', async () => {
  const feed = new InMemoryFeed();
  const reject = (number: number) => ({ id: `pay.fee.${number}`, reason: 'invalid' });
  await read(feed, [payment, reject(0), reject(1)]);
  await read(feed, [payment, reject(0)]);
  expect([...feed.rejectedRecords.keys()]).toEqual(['pay.fee.0']);
});

it('a part that comes back with another amount adds up to this amount, and to nothing when it is gone again', async () => {
  const feed = new InMemoryFeed();
  const withAmount = (amount: bigint) => ({ ...fee(0), amount: { amount, asset: 'EUR/2' } });
  for (const parts of [[withAmount(87n)], [], [withAmount(50n)], []]) await read(feed, [payment, ...parts]);
  expect(feed.getTransactions().map(({ id, amount }) => `${id} ${amount.amount}`)).toEqual([
    ...['pay 5', 'pay.fee.0 87', 'pay.fee.0.reversed 87', 'pay.fee.0.restored 50', 'pay.fee.0.reversed.2 50'],
  ]);
});
