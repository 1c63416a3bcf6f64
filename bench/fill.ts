/**
 * Fills a feed with many rows of about 350 bytes, the usual size of PSP rows. It writes through the store, as
 * sync does.
 */
import { transactionToWire, type WireRecord } from '@tributary/connector-api';
import { openStore } from '@tributary/feed';
import { hostname } from 'node:os';

const PAGE = 1000;
export const FIRST_ROW_AT = Date.UTC(2024, 0, 1);
/** Milliseconds between the feed times of two rows. */
export const ROW_EVERY = 1000;

/** @returns rows per second */
export async function fill(storeUrl: string, connector: string, rows: number): Promise<number> {
  const store = await openStore(storeUrl);
  const feed = await store.feed(connector, 'transactions');
  const lease = await feed.lease({ host: hostname(), pid: process.pid, id: 'bench' }, 600_000);
  if (!lease) throw new Error(`the feed of ${connector} is held by another writer`);
  const start = performance.now();
  for (let first = 0; first < rows; first += PAGE) {
    const records = Array.from({ length: Math.min(PAGE, rows - first) }, (_, index) =>
      transaction(first + index),
    );
    await lease.append({
      records,
      refused: [],
      findings: [],
      cleared: [],
      balances: [],
      cursor: String(first),
    });
  }
  const seconds = (performance.now() - start) / 1000;
  await lease.release();
  await store.close();
  return rows / seconds;
}

function transaction(n: number): WireRecord {
  return transactionToWire({
    id: `tr_${n.toString(36).padStart(10, '0')}`,
    createdAt: new Date(FIRST_ROW_AT + n * ROW_EVERY).toISOString(),
    type: 'PAYIN',
    status: 'SUCCEEDED',
    amount: { amount: BigInt(n % 1_000_000), asset: 'EUR/2' },
    destinationAccountId: `acc_${n % 7}`,
    metadata: { 'com.bench.spec/end_to_end_id': `E2E-${n}`, 'com.bench.spec/remittance': `Invoice ${n}` },
  });
}
