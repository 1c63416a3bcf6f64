/** Matches a row with a payout or a draft transfer by amount and time, because the journals do not name what they execute. */
import { parseTime } from '@tributary/connector-api';
import type { Money, Transaction } from '@tributary/connector-api';

export interface MatchCandidate<T> {
  item: T;
  amount: Money;
  /** Milliseconds since 1970. */
  at: number;
}

/**
 * Returns the candidate with the same amount and asset that is nearest in time.
 * @param isAccepted decides whether a time difference is accepted: row minus candidate, in milliseconds
 */
export function findNearest<T>(
  row: Transaction,
  candidates: readonly MatchCandidate<T>[],
  isAccepted: (after: number) => boolean,
): T | undefined {
  const at = parseTime(row.createdAt)?.milliseconds ?? NaN;
  const near = candidates
    .map((candidate) => ({ ...candidate, after: at - candidate.at }))
    .filter(
      ({ amount, after }) =>
        amount.amount === row.amount.amount && amount.asset === row.amount.asset && isAccepted(after),
    );
  return near.sort((a, b) => Math.abs(a.after) - Math.abs(b.after))[0]?.item;
}
