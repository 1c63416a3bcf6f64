/** Matches a row with a payout or a draft transfer by amount and time, because the journals do not name what they execute. */
import { parseTime } from '@tributary/connector-api';
import type { Money, Transaction } from '@tributary/connector-api';

export interface Candidate<T> {
  of: T;
  amount: Money;
  /** Milliseconds since 1970. */
  at: number;
}

/**
 * Returns the candidate with the same amount and asset that is nearest in time.
 * @param isNear decides whether a time difference is accepted: row minus candidate, in milliseconds
 */
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
