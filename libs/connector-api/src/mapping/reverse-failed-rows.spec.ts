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
  [
    'succeeded before, and is pending again',
    createRow('paid', 'PENDING'),
    ['paid SUCCEEDED', 'paid.reversed REFUNDED'],
  ],
  [
    'succeeded before, and was charged back',
    createRow('paid', 'DISPUTE_LOST'),
    ['paid SUCCEEDED', 'paid.reversed REFUNDED'],
  ],
  ['was open', createRow('open', 'FAILED'), ['open FAILED']],
  ['was never served', createRow('new', 'FAILED'), ['new FAILED']],
  ['did not fail', createRow('paid', 'SUCCEEDED'), ['paid SUCCEEDED']],
  ['is invalid', { id: 'odd', reason: 'no amount' }, ['odd rejected']],
])('a row that %s', async (_name, row, expected) => {
  const rows = await reverseFailedRows([row], FEED_READER);
  expect(rows.map((each) => `${each.id} ${'status' in each ? each.status : 'rejected'}`)).toEqual(expected);
});

it('a row that fails, succeeds and changes its amount in any order adds up to its last status and amount', async () => {
  const feed = new InMemoryFeed();
  const random = createSeededRandom(5);
  const statuses = ['SUCCEEDED', 'FAILED', 'SUCCEEDED', 'PENDING', 'CANCELLED', 'DISPUTE_LOST'] as const;
  for (let step = 0; step < 60; step += 1) {
    const drawn = statuses[Math.floor(random() * statuses.length)] ?? 'FAILED';
    const status = step === 0 ? 'SUCCEEDED' : drawn;
    const amount = BigInt(1 + Math.floor(random() * 9));
    // Each status is read twice, as after a listing that broke off.
    for (let reading = 0; reading < 2; reading += 1) {
      const row = { ...createRow('row', status), amount: { amount, asset: 'EUR/2' } };
      feed.commitPage('transactions', { items: await reverseFailedRows([row], feed), cursor: '' });
    }
    expect([step, status, sumRows(feed)]).toEqual([step, status, status === 'SUCCEEDED' ? amount : 0n]);
  }
});

it('the reversed row keeps its amount, and the restored one has the new amount', async () => {
  const feed = new InMemoryFeed();
  const readings = [
    ['SUCCEEDED', 87n],
    ['FAILED', 87n],
    ['SUCCEEDED', 50n],
    ['FAILED', 50n],
    ['SUCCEEDED', 60n],
  ] as const;
  for (const [status, amount] of readings) {
    const row = { ...createRow('row', status), amount: { amount, asset: 'EUR/2' } };
    feed.commitPage('transactions', { items: await reverseFailedRows([row], feed), cursor: '' });
  }
  expect(feed.getTransactions().map(({ id, amount }) => `${id} ${amount.amount}`)).toEqual([
    ...['row 87', 'row.reversed 87', 'row.restored 50', 'row.reversed.2 50', 'row.restored.2 60'],
  ]);
});

/** Adds up what the rows did to the balance of the account. */
function sumRows(feed: InMemoryFeed): bigint {
  return feed
    .getTransactions()
    .map(({ status, amount }) =>
      status === 'SUCCEEDED' || status === 'REFUND_REVERSED'
        ? amount.amount
        : status === 'REFUNDED'
          ? -amount.amount
          : 0n,
    )
    .reduce((total, effect) => total + effect, 0n);
}
