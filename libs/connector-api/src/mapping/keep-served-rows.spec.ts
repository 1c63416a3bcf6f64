import type { FeedReader, StoredRecord } from '../plugin.js';
import type { Transaction, TransactionStatus } from '../record.types.js';
import { findMetadata, keepReturnedPayouts, keepSettledRows, sumByAsset } from './index.js';

const SETTLEMENT_KEY = 'com.tributary.spec/settlement';
const FEED_READER: FeedReader = {
  findLatest: async (_stream, ids) => {
    const served = new Map<string, StoredRecord>([
      ['settled', { metadata: { [SETTLEMENT_KEY]: 'po-1', account: 'acc-1' }, status: 'SUCCEEDED' }],
      ['open', { metadata: {}, status: 'PENDING' }],
      ['back.return', { metadata: {}, status: 'REFUNDED' }],
    ]);
    return new Map([...served].filter(([id]) => ids.includes(id)));
  },
};

function createRow(id: string, status: TransactionStatus): Transaction {
  const amount = { amount: 1n, asset: 'EUR/2' };
  return { id, status, amount, type: 'PAYIN', createdAt: '2026-01-01T00:00:00Z', metadata: { own: 'x' } };
}

const REJECTED = { id: 'odd', reason: 'no amount' };

it('keeps the status and the settlement of rows that were served with a settlement', async () => {
  const rows = [
    createRow('settled', 'FAILED'),
    createRow('open', 'FAILED'),
    createRow('new', 'PENDING'),
    REJECTED,
  ];
  expect(await keepSettledRows(rows, FEED_READER)).toEqual([
    { ...createRow('settled', 'SUCCEEDED'), metadata: { own: 'x', [SETTLEMENT_KEY]: 'po-1' } },
    ...rows.slice(1),
  ]);
});

it('keeps a failed payout SUCCEEDED if its return was served', async () => {
  const rows = [
    createRow('back', 'FAILED'),
    createRow('other', 'FAILED'),
    createRow('paid', 'PENDING'),
    REJECTED,
  ];
  const kept = await keepReturnedPayouts(rows, (id) => `${id}.return`, FEED_READER);
  expect(kept).toEqual([createRow('back', 'SUCCEEDED'), ...rows.slice(1)]);
});

it('finds metadata in the feed, or else at the PSP', async () => {
  const requested: string[] = [];
  const found = await findMetadata(
    ['settled', 'open', undefined, 'gone', 'open'],
    'account',
    FEED_READER,
    async (id) => {
      requested.push(id);
      return id === 'open' ? 'acc-2' : undefined;
    },
  );
  expect([...found]).toEqual([
    ['settled', 'acc-1'],
    ['open', 'acc-2'],
  ]);
  expect(requested).toEqual(['open', 'gone']);
});

it('adds up amounts by asset', () => {
  const eur = (amount: bigint) => ({ amount, asset: 'EUR/2' });
  expect(sumByAsset([eur(5n), { amount: 1n, asset: 'JPY' }, eur(-7n)])).toEqual([
    eur(-2n),
    { amount: 1n, asset: 'JPY' },
  ]);
});
