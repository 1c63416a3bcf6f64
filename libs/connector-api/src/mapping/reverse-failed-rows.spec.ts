import type { FeedReader } from '../plugin.js';
import type { Transaction, TransactionStatus } from '../record.types.js';
import { createSeededRandom, InMemoryFeed } from '../testing/index.js';
import { reverseFailedRows } from './index.js';

const FEED_READER: FeedReader = {
  findLatest: async (_stream, ids) => {
    const served = new Map([
      ['paid', { metadata: {}, status: 'SUCCEEDED' }],
      ['open', { metadata: {}, status: 'PENDING' }],
      ['refund', { metadata: {}, status: 'REFUNDED' }],
    ]);
    return new Map([...served].filter(([id]) => ids.includes(id)));
  },
};

function createRow(id: string, status: TransactionStatus): Transaction {
  const amount = { amount: 1n, asset: 'EUR/2' };
  return {
    id,
    status,
    amount,
    type: 'PAYIN',
    createdAt: '2026-01-01T00:00:00Z',
    destinationAccountId: 'acc-1',
  };
}

it.each<[string, Transaction | { id: string; reason: string }, string[]]>([
  ['succeeded before', createRow('paid', 'FAILED'), ['paid SUCCEEDED', 'paid.reversed REFUNDED']],
  [
    'succeeded before, and was cancelled',
    createRow('paid', 'CANCELLED'),
    ['paid SUCCEEDED', 'paid.reversed REFUNDED'],
  ],
  [
    'was a refund',
    createRow('refund', 'REFUNDED_FAILURE'),
    ['refund REFUNDED', 'refund.reversed REFUND_REVERSED'],
  ],
  ['was open', createRow('open', 'FAILED'), ['open FAILED']],
  ['was never served', createRow('new', 'FAILED'), ['new FAILED']],
  ['did not fail', createRow('paid', 'SUCCEEDED'), ['paid SUCCEEDED']],
  ['is invalid', { id: 'odd', reason: 'no amount' }, ['odd rejected']],
])('a row that %s', async (_name, row, expected) => {
  const rows = await reverseFailedRows([row], FEED_READER);
  expect(rows.map((each) => `${each.id} ${'status' in each ? each.status : 'rejected'}`)).toEqual(expected);
});

it('a row that fails and succeeds in any order, any number of times, adds up to its last status', async () => {
  const feed = new InMemoryFeed();
  const random = createSeededRandom(5);
  const statuses = ['SUCCEEDED', 'FAILED', 'SUCCEEDED', 'PENDING', 'CANCELLED'] as const;
  for (let step = 0; step < 60; step += 1) {
    const drawn = statuses[Math.floor(random() * statuses.length)] ?? 'FAILED';
    const status = step === 0 ? 'SUCCEEDED' : drawn;
    // Each status is read twice, as after a listing that broke off.
    for (let reading = 0; reading < 2; reading += 1) {
      const items = await reverseFailedRows([createRow('row', status)], feed);
      feed.commitPage('transactions', { items, cursor: '' });
    }
    const sum = feed
      .getTransactions()
      .map(({ status: each }) =>
        each === 'SUCCEEDED' || each === 'REFUND_REVERSED' ? 1 : each === 'REFUNDED' ? -1 : 0,
      )
      .reduce<number>((total, effect) => total + effect, 0);
    if (status !== 'PENDING')
      expect([step, status, sum]).toEqual([step, status, status === 'SUCCEEDED' ? 1 : 0]);
  }
});
