/** Where a listing resumes: JSON, versioned. Times in milliseconds. */
import type { Cursor } from '@tributary/connector-api';

export interface TransactionsPlace {
  /** Everything before was read. */
  at: number;
  /** How long a span of time was that gave a handful of pages. */
  span: number;
  /** When the last reading of all that may change began. */
  reread: number;
  /** `created_at` of transactions that were not decided yet, ascending; some may share one. */
  open: number[];
}

/** Counterparties. */
export interface CounterpartiesPlace {
  at: number;
  reread: number;
}

const VERSION = 1;

export function writePlace(place: TransactionsPlace | CounterpartiesPlace): Cursor {
  return JSON.stringify({ v: VERSION, ...place });
}

export function readTransactionsPlace(cursor: Cursor): TransactionsPlace {
  const { at, span, reread, open } = parse(cursor);
  if (!isTime(at) || !isTime(span) || !isTime(reread) || !Array.isArray(open) || !open.every(isTime)) {
    return foreign(cursor);
  }
  return { at, span, reread, open };
}

export function readCounterpartiesPlace(cursor: Cursor): CounterpartiesPlace {
  const { at, reread } = parse(cursor);
  return isTime(at) && isTime(reread) ? { at, reread } : foreign(cursor);
}

function parse(cursor: Cursor): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(cursor);
    if (typeof value === 'object' && value !== null && 'v' in value && value.v === VERSION)
      return { ...value };
  } catch {
    // Said below.
  }
  return foreign(cursor);
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function foreign(cursor: Cursor): never {
  throw new Error(
    `the cursor ${JSON.stringify(cursor.slice(0, 64))} was not written by the plugin revolut-business: was the connector another plugin before?`,
  );
}
