/**
 * Fills a feed with many rows of about 350 bytes, the usual size of a PSP's rows. The rows are written through the library `feed`, as in a
 * sync.
 */
import { serializeTransaction, type SerializedRecord } from '@tributary/connector-api';
import { openStore } from '@tributary/feed';
import { hostname } from 'node:os';

const PAGE_SIZE = 1000;
export const FIRST_FEED_TIME = Date.UTC(2024, 0, 1);
/** The difference between the feed times of two successive rows, in milliseconds. */
const ROW_INTERVAL_MS = 1000;

/**
 * Fills the feed.
 * @returns the number of rows per second
 */
export async function fillFeed(storeUrl: string, connector: string, rows: number): Promise<number> {
  const store = await openStore(storeUrl);
  const feed = await store.feed(connector, 'transactions');
  const lease = await feed.acquireLease({ host: hostname(), pid: process.pid, id: 'bench' }, 600_000);
  if (!lease) throw new Error(`the feed of ${connector} is held by another writer`);
  const start = performance.now();
  for (let first = 0; first < rows; first += PAGE_SIZE) {
    const records = Array.from({ length: Math.min(PAGE_SIZE, rows - first) }, (_, index) =>
      createRecord(first + index),
    );
    await lease.append({
      records,
      rejected: [],
      warnings: [],
      resolvedIds: [],
      balances: [],
      cursor: String(first),
    });
  }
  const seconds = (performance.now() - start) / 1000;
  await lease.release();
  await store.close();
  return rows / seconds;
}

/** Returns the feed time of a row. */
export function rowTime(n: number): string {
  return new Date(FIRST_FEED_TIME + n * ROW_INTERVAL_MS).toISOString();
}

/** Returns row numbers that are distributed over the feed and rarely repeat. */
export function spreadRow(n: number, rowCount: number): number {
  return (n * 7919 + (n >> 7)) % (rowCount - 200);
}

export function transactionsPath(connector: string, from: string, page: number, pageSize: number): string {
  return `/${connector}/transactions?page=${page}&pageSize=${pageSize}&sort=updatedAt%3Aasc&updatedAtFrom=${encodeURIComponent(from)}`;
}

function createRecord(n: number): SerializedRecord {
  return serializeTransaction({
    id: `tr_${n.toString(36).padStart(10, '0')}`,
    createdAt: new Date(FIRST_FEED_TIME + n * ROW_INTERVAL_MS).toISOString(),
    type: 'PAYIN',
    status: 'SUCCEEDED',
    amount: { amount: BigInt(n % 1_000_000), asset: 'EUR/2' },
    destinationAccountId: `acc_${n % 7}`,
    metadata: { 'com.bench.spec/end_to_end_id': `E2E-${n}`, 'com.bench.spec/remittance': `Invoice ${n}` },
  });
}
