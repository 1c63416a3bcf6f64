/** Creates small payments and appends them to a feed, for tests of the identity and of the migrations of a store. */
import { serializeTransaction, type SerializedRecord } from '@tributary/connector-api';
import { getCurrentProcess, type Feed } from '../index.js';

const LEASE_MS = 60_000;

/** The parts of a page that are not its records and its cursor. They are empty. */
export const EMPTY_PAGE_PARTS = { rejected: [], warnings: [], resolvedIds: [], balances: [] };

/** Creates a payment of EUR 0.01 of 1 January 2026. */
export function createRecord(id: string): SerializedRecord {
  return serializeTransaction({
    ...{ id, createdAt: '2026-01-01T00:00:00.000Z', type: 'PAYIN', status: 'SUCCEEDED' },
    amount: { amount: 1n, asset: 'EUR/2' },
  });
}

/** Appends one payment for each id to a feed, as one page. */
export async function appendRecords(feed: Feed, ...ids: string[]): Promise<void> {
  const lease = await feed.acquireLease(getCurrentProcess(), LEASE_MS);
  await lease?.append({ ...EMPTY_PAGE_PARTS, records: ids.map(createRecord), cursor: ids.join() });
  await lease?.release();
}
