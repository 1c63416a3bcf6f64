/** The position at which a listing resumes: JSON with a version. Times are in milliseconds since 1970. */
import type { Cursor } from '@tributary/connector-api';

export interface TransactionsPlace {
  /** Everything before this time was read. */
  at: number;
  /** Length of the last time range, in milliseconds. It is adapted so that a range has a few pages. */
  span: number;
  /** Time at which the last complete reading of all changeable transactions began. */
  reread: number;
  /** `created_at` of the undecided transactions, ascending. Some transactions can share a time. */
  open: number[];
}

/** Position in the list of counterparties. */
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
    // The error is thrown below.
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
