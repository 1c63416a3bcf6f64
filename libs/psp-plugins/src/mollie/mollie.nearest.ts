/** The journals do not name what they execute: amount and time must tell. */
import { parseTime } from '@tributary/connector-api';
import type { Money, Transaction } from '@tributary/connector-api';

export interface Candidate<T> {
  of: T;
  amount: Money;
  /** Milliseconds since 1970. */
  at: number;
}

/** @param isNear takes milliseconds from the candidate to the row */
export function nearest<T>(
  row: Transaction,
  candidates: readonly Candidate<T>[],
  isNear: (after: number) => boolean,
): T | undefined {
  const at = parseTime(row.createdAt)?.milliseconds ?? NaN;
  const near = candidates
    .map((candidate) => ({ ...candidate, after: at - candidate.at }))
    .filter(
      ({ amount, after }) =>
        amount.amount === row.amount.amount && amount.asset === row.amount.asset && isNear(after),
    );
  return near.sort((a, b) => Math.abs(a.after) - Math.abs(b.after))[0]?.of;
}
