import { isRejectedRecord } from '../plugin.js';
import type { FeedReader, RejectedRecord } from '../plugin.js';
import type { Transaction, TransactionStatus } from '../record.types.js';
import { reverseRow } from './refunds-and-disputes.js';

/** Statuses of rows whose money did not move, and the status in which it had moved. */
const MOVED_STATUSES: Readonly<Partial<Record<TransactionStatus, TransactionStatus>>> = {
  FAILED: 'SUCCEEDED',
  CANCELLED: 'SUCCEEDED',
  REFUNDED_FAILURE: 'REFUNDED',
};

/**
 * Reverses rows that failed after they had succeeded, for a PSP that has no object for the reversal: a refund that came back days later. Clients
 * keep the amount of a row that succeeded, so its status stays, and a row `<id>.reversed` takes the amount back. A row that failed before it was
 * served as successful stays as it is.
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
