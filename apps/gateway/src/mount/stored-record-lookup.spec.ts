/** Tests what a plugin reads of the records of its own feeds. */
import { serializeAccount, serializeTransaction } from '@tributary/connector-api';
import type { SerializedRecord, Stream, Transaction } from '@tributary/connector-api';
import { getCurrentProcess, openStore, type Store } from '@tributary/feed';
import { SQLITE_STORE, type FreshStore } from '../../../../libs/feed/src/testing/stores.js';
import { EMPTY_PAGE_PARTS } from '../../../../libs/feed/src/testing/test-records.js';
import { StoredRecordLookup } from './stored-record-lookup.js';

let fresh: FreshStore;
let store: Store;
beforeEach(async () => {
  fresh = await SQLITE_STORE.createMigrated();
  store = await openStore(fresh.url);
});
afterEach(async () => {
  await store.close();
  await fresh.remove();
});

async function append(stream: Stream, ...records: SerializedRecord[]): Promise<void> {
  const lease = await (await store.feed('bank', stream)).acquireLease(getCurrentProcess(), 60_000);
  await lease?.append({ ...EMPTY_PAGE_PARTS, records, cursor: records.map(({ content }) => content).join() });
  await lease?.release();
}

it('a plugin reads the latest version of a transaction with the ids of its PSP', async () => {
  const row: Transaction = {
    ...{ id: 'pay/1', createdAt: '2026-01-02T03:04:05+01:00', type: 'PAYOUT', status: 'PENDING' },
    ...{
      amount: { amount: 9_007_199_254_740_993n, asset: 'EUR/2' },
      metadata: { 'com.acme.spec/code': 'A' },
    },
    ...{ sourceAccountId: 'account/1', destinationAccountId: 'ada@example.com' },
  };
  await append('transactions', serializeTransaction(row), serializeTransaction({ ...row, status: 'FAILED' }));
  const found = await new StoredRecordLookup('bank', store).findLatest('transactions', ['pay/1', 'none']);
  const metadata = { 'com.acme.spec/code': 'A', 'com.tributary.spec/psp_id': 'pay/1' };
  const transaction = { ...row, status: 'FAILED', createdAt: '2026-01-02T02:04:05.000Z', metadata };
  expect([...found]).toEqual([['pay/1', { metadata, status: 'FAILED', transaction }]]);
});

it('an account has its metadata only', async () => {
  await append('accounts', serializeAccount({ id: 'a', name: 'A', metadata: { 'com.acme.spec/kind': 'x' } }));
  const found = await new StoredRecordLookup('bank', store).findLatest('accounts', ['a']);
  expect(found.get('a')).toEqual({ metadata: { 'com.acme.spec/kind': 'x' } });
});
