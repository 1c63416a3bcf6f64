import { hasMovedMoney } from '../contract/balance-effects.js';
import { isRejectedRecord } from '../plugin.js';
import type { FeedReader, RejectedRecord, StoredRecord } from '../plugin.js';
import type { Transaction, TransactionStatus } from '../record.types.js';
import { reverseRow } from './refunds-and-disputes.js';
import { takeValidRecords } from './parse-rows.js';
import { formatNumberedId, RowHistory } from './row-history.js';

/** The statuses of rows whose money moved, and that are reversed if the money did not stay there. */
const REVERSIBLE_STATUSES: readonly (string | undefined)[] = ['SUCCEEDED', 'REFUNDED'];

/**
 * Reverses rows that failed after they had succeeded, e.g. a refund that came back days later, or a payment that is pending again because it is collected once more. It is
 * for a PSP that has no object for the reversal. Clients keep the amount of a row that succeeded, and they ignore a status that they have stored for the row before.
 * Therefore the row keeps its old status and amount, and a row `<id>.reversed` takes the amount back. A row that failed before it was served as successful stays unchanged.
 * If a reversed row succeeds again, a row `<id>.restored` moves the amount that the row has then. This can happen any number of times: the rows add up to the last status
 * and amount.
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
    isRejectedRecord(row) ? [row] : reverseRowIfFailed(row, served.get(row.id), history),
  );
}

/** Finds the rows that `reverseFailedRows` has reversed, and not restored since then. @returns their ids */
export async function findReversedIds(ids: readonly string[], feedReader: FeedReader): Promise<Set<string>> {
  const history = new RowHistory(feedReader);
  await history.load(ids.flatMap(listBaseIds));
  return new Set(ids.filter((id) => history.has(getReversalId(id, history))));
}

function listBaseIds(id: string): [string, string] {
  return [`${id}.reversed`, `${id}.restored`];
}

/** Returns the id of the row that reverses what moved last: the row, or its last restoration. */
function getReversalId(id: string, history: RowHistory): string {
  const [reversals, restorations] = listBaseIds(id);
  return formatNumberedId(reversals, history.countNumbered(restorations) + 1);
}

function reverseRowIfFailed(
  row: Transaction,
  served: StoredRecord | undefined,
  history: RowHistory,
): Transaction[] {
  const [, restorations] = listBaseIds(row.id);
  const count = history.countNumbered(restorations);
  const reversalId = getReversalId(row.id, history);
  const isReversed = history.has(reversalId);
  const hasFailed = REVERSIBLE_STATUSES.includes(served?.status) && !hasMovedMoney(row.status);
  if (!isReversed && !hasFailed && count === 0) return [row];
  const moved = { ...row, status: (served?.status ?? row.status) as TransactionStatus };
  const original = keepMovement(moved, served?.transaction);
  const restore = (number: number) =>
    reverseRow(reverseRow(moved, ''), formatNumberedId(restorations, number));
  const restored = history.getRow(formatNumberedId(restorations, count));
  if (!isReversed && !hasFailed)
    return [original, ...(hasSameMovement(row, restored) ? [] : history.add([restore(count)]))];
  if (isReversed && row.status === moved.status) return [original, ...history.add([restore(count + 1)])];
  // A row that was reversed, and that is neither successful nor failed now, is still reversed.
  const last = count === 0 ? original : keepMovement(moved, restored);
  return [original, ...history.add([reverseRow(last, reversalId)])];
}

/** Returns the row with the time, the amount and the accounts with which it was served. */
function keepMovement(row: Transaction, served: Transaction | undefined): Transaction {
  if (served === undefined) return row;
  const { createdAt, amount, sourceAccountId, destinationAccountId } = served;
  const kept: Transaction = { ...row, createdAt, amount };
  delete kept.sourceAccountId;
  delete kept.destinationAccountId;
  return {
    ...kept,
    ...(sourceAccountId !== undefined && { sourceAccountId }),
    ...(destinationAccountId !== undefined && { destinationAccountId }),
  };
}

/** @returns true also if the served row is not known */
function hasSameMovement(row: Transaction, served: Transaction | undefined): boolean {
  if (served === undefined) return true;
  return (
    row.amount.amount === served.amount.amount &&
    row.amount.asset === served.amount.asset &&
    row.sourceAccountId === served.sourceAccountId &&
    row.destinationAccountId === served.destinationAccountId
  );
}
