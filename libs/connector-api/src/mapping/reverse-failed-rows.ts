import { isRejectedRecord } from '../plugin.js';
import type { FeedReader, RejectedRecord } from '../plugin.js';
import type { Transaction, TransactionStatus } from '../record.types.js';
import { reverseRow } from './refunds-and-disputes.js';
import { takeValidRecords } from './parse-rows.js';
import { formatNumberedId, RowHistory } from './row-history.js';

/** For each status of a row whose money did not move: the status that the row had if its money had moved before. */
const MOVED_STATUSES: Readonly<Partial<Record<TransactionStatus, TransactionStatus>>> = {
  FAILED: 'SUCCEEDED',
  CANCELLED: 'SUCCEEDED',
  REFUNDED_FAILURE: 'REFUNDED',
};

/**
 * Reverses rows that failed after they had succeeded, e.g. a refund that came back days later. It is for a PSP that has no object for the
 * reversal. Clients keep the amount of a row that succeeded. Therefore the row keeps its old status, and a row `<id>.reversed` takes the
 * amount back. A row that failed before it was served as successful stays unchanged. If a reversed row succeeds again, a row `<id>.restored` moves the amount once more.
 * This can happen any number of times: the rows add up to the last status.
 */
export async function reverseFailedRows(
  rows: readonly (Transaction | RejectedRecord)[],
  feedReader: FeedReader,
): Promise<(Transaction | RejectedRecord)[]> {
  const history = new RowHistory(feedReader);
  const ids = takeValidRecords(rows).map(({ id }) => id);
  const served = await feedReader.findLatest('transactions', [...new Set(ids)]);
  await history.load(ids.filter((id) => served.has(id)).flatMap(listBaseIds));
  return rows.flatMap((row): (Transaction | RejectedRecord)[] =>
    isRejectedRecord(row) ? [row] : reverseRowIfFailed(row, served.get(row.id)?.status, history),
  );
}

function listBaseIds(id: string): [string, string] {
  return [`${id}.reversed`, `${id}.restored`];
}

function reverseRowIfFailed(
  row: Transaction,
  oldStatus: string | undefined,
  history: RowHistory,
): Transaction[] {
  const [reversals, restorations] = listBaseIds(row.id);
  const number = history.countNumbered(restorations) + 1;
  const reversalId = formatNumberedId(reversals, number);
  const isReversed = history.has(reversalId);
  const hasFailed = MOVED_STATUSES[row.status] !== undefined && MOVED_STATUSES[row.status] === oldStatus;
  // A row that was reversed, and that is neither successful nor failed now, is still reversed.
  if (!isReversed && !hasFailed) return [row];
  const moved = { ...row, status: (oldStatus ?? row.status) as TransactionStatus };
  const reversal = reverseRow(moved, reversalId);
  if (row.status !== oldStatus) return [moved, ...history.add([reversal])];
  return [moved, ...history.add([reverseRow(reversal, formatNumberedId(restorations, number))])];
}
