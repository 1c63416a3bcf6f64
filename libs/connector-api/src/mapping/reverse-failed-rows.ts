import { isRejectedRecord } from '../plugin.js';
import type { FeedReader, RejectedRecord } from '../plugin.js';
import type { Transaction, TransactionStatus } from '../record.types.js';
import { reverseRow } from './refunds-and-disputes.js';

/** For each status of a row whose money did not move: the status that the row had if its money had moved before. */
const MOVED_STATUSES: Readonly<Partial<Record<TransactionStatus, TransactionStatus>>> = {
  FAILED: 'SUCCEEDED',
  CANCELLED: 'SUCCEEDED',
  REFUNDED_FAILURE: 'REFUNDED',
  DISPUTE_LOST: 'REFUND_REVERSED',
};

/**
 * Reverses rows that failed after they had succeeded, e.g. a refund that came back days later. It is for a PSP that has no object for the
 * reversal. Clients keep the amount of a row that succeeded. Therefore the row keeps its old status, and a row `<id>.reversed` takes the
 * amount back. A row that failed before it was served as successful stays unchanged.
 *
 * A dispute that is lost after it was won is such a case, too. For each lost dispute, a plugin adds the row that a won dispute would have, with
 * the status DISPUTE_LOST. If this row was served before, its amount is taken back. Otherwise nothing was given back, and the row is omitted.
 */
export async function reverseFailedRows(
  rows: readonly (Transaction | RejectedRecord)[],
  feedReader: FeedReader,
): Promise<(Transaction | RejectedRecord)[]> {
  const failed = rows.filter((row) => !isRejectedRecord(row) && MOVED_STATUSES[row.status] !== undefined);
  if (failed.length === 0) return [...rows];
  const served = await feedReader.findLatest('transactions', [...new Set(failed.map(({ id }) => id))]);
  return rows.flatMap((row) => {
    const status = isRejectedRecord(row) ? undefined : MOVED_STATUSES[row.status];
    if (isRejectedRecord(row) || status === undefined) return [row];
    if (served.get(row.id)?.status !== status) return isReversalOfLostDispute(row) ? [] : [row];
    const moved = { ...row, status };
    return [moved, reverseRow(moved, `${row.id}.reversed`)];
  });
}

/** A row with the status DISPUTE_LOST that moves no money is a notice, see `toDisputeNotice`. */
function isReversalOfLostDispute({ status, amount }: Transaction): boolean {
  return status === 'DISPUTE_LOST' && amount.amount !== 0n;
}
