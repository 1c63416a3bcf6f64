/** Tests, on a real store, which positions of readers are recorded. */
import { deriveReaderId } from '@tributary/auth';
import { serializeTransaction } from '@tributary/connector-api';
import { getCurrentProcess, openStore, UNAUTHORIZED_READER, type Store } from '@tributary/feed';
import { STORES } from '../../../../libs/feed/src/testing/stores.js';
import { ReaderPositionRecorder } from './reader-position-recorder.js';

describe.each(STORES)('positions of readers, on $name', (kind) => {
  const AUTHORIZATION = 'Bearer a-key-of-this-test';
  let fresh: Awaited<ReturnType<typeof kind.create>>;
  let store: Store;
  let now = Date.UTC(2026, 2, 1);
  let recorder: ReaderPositionRecorder;
  beforeAll(async () => {
    fresh = await kind.create();
    store = await openStore(fresh.url);
    recorder = new ReaderPositionRecorder(store, () => now);
    const lease = await (await store.feed('bank', 'transactions')).acquireLease(getCurrentProcess(), 60_000);
    const records = Array.from({ length: 25 }, (_, index) =>
      serializeTransaction({
        ...{ id: `tx-${index}`, createdAt: '2026-01-01T00:00:00Z', updatedAt: '2026-01-01T00:00:00Z' },
        ...{ amount: { amount: 100n, asset: 'EUR/2' }, type: 'PAYIN', status: 'SUCCEEDED' },
      }),
    );
    await lease?.append({ records, rejected: [], warnings: [], resolvedIds: [], balances: [], cursor: 'c' });
  });
  afterAll(async () => {
    await store.close();
    await fresh.remove();
  });

  const find = async (reader: string) =>
    (await store.findReaderPositions(['bank'])).find((one) => one.reader === reader);
  const read = (page: number, rows: number, fromMs?: number) =>
    recorder.recordPage('bank', 'transactions', AUTHORIZATION, { page, pageSize: 10, fromMs }, rows);

  it('count the rows that a reader does not have', async () => {
    const reader = deriveReaderId(AUTHORIZATION);
    read(1, 10);
    await recorder.flush();
    expect(await find(reader)).toEqual({
      ...{ connector: 'bank', reader, stream: 'transactions', requestedAt: now, rowsBehind: 15, requests: 1 },
    });
    read(2, 10);
    read(3, 5);
    await recorder.flush();
    expect(await find(reader)).toMatchObject({ rowsBehind: 0, requests: 3 });
    // The next poll begins at the watermark of the client, which is the feed time of its last row.
    const { feedTime } = await (await store.feed('bank', 'transactions')).head();
    now += 30 * 60_000;
    read(1, 1, feedTime);
    await recorder.flush();
    expect(await find(reader)).toMatchObject({
      ...{ fromMs: feedTime, rowsBehind: 0, requests: 4, intervalMs: 30 * 60_000, requestedAt: now },
    });
  });

  it('count requests without a key, and keep them while the store cannot be written', async () => {
    let failures = 1;
    const flaky = new ReaderPositionRecorder(
      {
        recordReaderRequests: (requests) =>
          failures-- > 0 ? Promise.reject(new Error('away')) : store.recordReaderRequests(requests),
      },
      () => now,
    );
    flaky.recordUnauthorized('bank', 'accounts');
    await flaky.flush();
    expect(await find(UNAUTHORIZED_READER)).toBeUndefined();
    flaky.recordUnauthorized('bank', 'accounts');
    await flaky.flush();
    expect(await find(UNAUTHORIZED_READER)).toMatchObject({
      stream: 'accounts',
      requests: 2,
      requestedAt: now,
    });
  });
});
