/** Creates records of about 350 bytes per row, the usual size of a PSP's rows. The ids are random, which is the worst case for an index. */
import {
  formatTime,
  appendFeedTime,
  serializeTransaction,
  type SerializedRecord,
} from '@tributary/connector-api';
import { hash } from 'node:crypto';

const FIRST_FEED_TIME = Date.UTC(2024, 0, 1);
export const HASH_BYTES = 16;

/** A row in the form in which the gateway stores it. */
export interface PlainRow {
  seq: number;
  time: number;
  id: string;
  hash: Buffer;
  body: string;
}

export function createRecords(first: number, count: number): SerializedRecord[] {
  return Array.from({ length: count }, (_, index) => createRecord(first + index));
}

/** Returns the same records as rows that are ready to be inserted. */
export function createPlainRows(first: number, count: number): PlainRow[] {
  return createRecords(first, count).map(({ id, content }, index) => {
    const time = FIRST_FEED_TIME + (first + index) * 1000;
    return {
      seq: first + index + 1,
      time,
      id,
      hash: hash('sha256', content, 'buffer').subarray(0, HASH_BYTES),
      body: appendFeedTime('transactions', content, formatTime(time)),
    };
  });
}

/** Returns the feed time of the n-th row. */
export function feedTimeOf(n: number): number {
  return FIRST_FEED_TIME + n * 1000;
}

function createRecord(n: number): SerializedRecord {
  return serializeTransaction({
    id: `tr_${hash('md5', String(n)).slice(0, 14)}`,
    createdAt: new Date(feedTimeOf(n)).toISOString(),
    type: 'PAYIN',
    status: 'SUCCEEDED',
    amount: { amount: BigInt(n % 1_000_000), asset: 'EUR/2' },
    destinationAccountId: `acc_${n % 7}`,
    metadata: { 'com.bench.spec/end_to_end_id': `E2E-${n}`, 'com.bench.spec/remittance': `Invoice ${n}` },
  });
}
