/**
 * Creates records of about 350 bytes per row, the usual size of PSP rows. The ids are random, which is the
 * worst case for an index.
 */
import { formatTime, rowBody, transactionToWire, type WireRecord } from '@tributary/connector-api';
import { hash } from 'node:crypto';

const FIRST_AT = Date.UTC(2024, 0, 1);
const HASH_BYTES = 16;

/** A row in the form in which the store keeps it. */
export interface PlainRow {
  seq: number;
  time: number;
  id: string;
  hash: Buffer;
  body: string;
}

export function recordsFrom(first: number, count: number): WireRecord[] {
  return Array.from({ length: count }, (_, index) => record(first + index));
}

/** Returns the same records as finished rows, ready to be inserted. */
export function plainRowsFrom(first: number, count: number): PlainRow[] {
  return recordsFrom(first, count).map(({ id, content }, index) => {
    const time = FIRST_AT + (first + index) * 1000;
    return {
      seq: first + index + 1,
      time,
      id,
      hash: hash('sha256', content, 'buffer').subarray(0, HASH_BYTES),
      body: rowBody('transactions', content, formatTime(time)),
    };
  });
}

/** Returns the feed time of the n-th row. */
export function timeOf(n: number): number {
  return FIRST_AT + n * 1000;
}

function record(n: number): WireRecord {
  return transactionToWire({
    id: `tr_${hash('md5', String(n)).slice(0, 14)}`,
    createdAt: new Date(timeOf(n)).toISOString(),
    type: 'PAYIN',
    status: 'SUCCEEDED',
    amount: { amount: BigInt(n % 1_000_000), asset: 'EUR/2' },
    destinationAccountId: `acc_${n % 7}`,
    metadata: { 'com.bench.spec/end_to_end_id': `E2E-${n}`, 'com.bench.spec/remittance': `Invoice ${n}` },
  });
}
