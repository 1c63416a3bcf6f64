import { isRejectedRecord } from '../plugin.js';
import type { FeedReader, RejectedRecord } from '../plugin.js';
import type { Transaction, TransactionStatus } from '../record.types.js';
import { reverseRow } from './refunds-and-disputes.js';

/** For each status of a row whose money did not move: the status that the row had if its money had moved before. */
const MOVED_STATUSES: Readonly<Partial<Record<TransactionStatus, TransactionStatus>>> = {
  FAILED: 'SUCCEEDED',
  CANCELLED: 'SUCCEEDED',
  REFUNDED_FAILURE: 'REFUNDED',
};

/**
 * Reverses rows that failed after they had succeeded, e.g. a refund that came back days later. It is for a PSP that has no object for the
 * reversal. Clients keep the amount of a row that succeeded. Therefore the row keeps its old status, and a row `<id>.reversed` takes the
 * amount back. A row that failed before it was served as successful stays unchanged.
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
    if (isRejectedRecord(row) || status === undefined || served.get(row.id)?.status !== status) return [row];
    const moved = { ...row, status };
    return [moved, reverseRow(moved, `${row.id}.reversed`)];
  });
}
