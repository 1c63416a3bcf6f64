/** The position at which a listing resumes: JSON with a version. Times are in milliseconds since 1970. */
import type { Cursor } from '@tributary/connector-api';

export interface TransactionsCursor {
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
export interface CounterpartiesCursor {
  at: number;
  reread: number;
}

const CURSOR_VERSION = 1;

export function serializeCursor(position: TransactionsCursor | CounterpartiesCursor): Cursor {
  return JSON.stringify({ v: CURSOR_VERSION, ...position });
}

export function parseTransactionsCursor(cursor: Cursor): TransactionsCursor {
  const { at, span, reread, open } = parseCursorJson(cursor);
  if (
    !isTimestamp(at) ||
    !isTimestamp(span) ||
    !isTimestamp(reread) ||
    !Array.isArray(open) ||
    !open.every(isTimestamp)
  ) {
    return throwForeignCursor(cursor);
  }
  return { at, span, reread, open };
}

export function parseCounterpartiesCursor(cursor: Cursor): CounterpartiesCursor {
  const { at, reread } = parseCursorJson(cursor);
  return isTimestamp(at) && isTimestamp(reread) ? { at, reread } : throwForeignCursor(cursor);
}

function parseCursorJson(cursor: Cursor): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(cursor);
    if (typeof value === 'object' && value !== null && 'v' in value && value.v === CURSOR_VERSION)
      return { ...value };
  } catch {
    // The error is thrown below.
  }
  return throwForeignCursor(cursor);
}

function isTimestamp(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function throwForeignCursor(cursor: Cursor): never {
  throw new Error(
    `the cursor ${JSON.stringify(cursor.slice(0, 64))} was not written by the plugin revolut-business: was the connector another plugin before?`,
  );
}
