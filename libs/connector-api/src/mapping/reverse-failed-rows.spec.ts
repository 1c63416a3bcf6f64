import type { FeedReader } from '../plugin.js';
import type { Transaction, TransactionStatus } from '../record.types.js';
import { reverseFailedRows } from './index.js';

const FEED_READER: FeedReader = {
  findLatest: async (_stream, ids) => {
    const served = new Map([
      ['paid', { metadata: {}, status: 'SUCCEEDED' }],
      ['open', { metadata: {}, status: 'PENDING' }],
      ['refund', { metadata: {}, status: 'REFUNDED' }],
      ['won', { metadata: {}, status: 'REFUND_REVERSED' }],
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

function createNotice(id: string): Transaction {
  return { ...createRow(id, 'DISPUTE_LOST'), amount: { amount: 0n, asset: 'EUR/2' } };
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
    'gave back a dispute that is lost now',
    createRow('won', 'DISPUTE_LOST'),
    ['won REFUND_REVERSED', 'won.reversed REFUNDED'],
  ],
  ['would give back a dispute that was never won', createRow('new', 'DISPUTE_LOST'), []],
  ['is the notice of a lost dispute', createNotice('new'), ['new DISPUTE_LOST']],
  ['was open', createRow('open', 'FAILED'), ['open FAILED']],
  ['was never served', createRow('new', 'FAILED'), ['new FAILED']],
  ['did not fail', createRow('paid', 'SUCCEEDED'), ['paid SUCCEEDED']],
  ['is invalid', { id: 'odd', reason: 'no amount' }, ['odd rejected']],
])('a row that %s', async (_name, row, expected) => {
  const rows = await reverseFailedRows([row], FEED_READER);
  expect(rows.map((each) => `${each.id} ${'status' in each ? each.status : 'rejected'}`)).toEqual(expected);
});
