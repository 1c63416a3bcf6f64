/**
 * Links rows to the rows to which they refer, if those rows are served. This prevents two errors. (1) A refund whose payment was never
 * served: the client would treat it as a payment. (2) Two rows with the same id: the second row would overwrite the amount of the first
 * row.
 */
import type { FeedReader } from '../plugin.js';
import type { Transaction } from '../record.types.js';

/** A row that is not linked to other rows yet. */
export interface UnlinkedRow {
  /** The row without a link. It is served when the row to which it refers does not exist. */
  row: Transaction;
  /** The id under which the row is served unless another row has this id, e.g. the id of the payment that the row contains. */
  preferredId?: string | undefined;
  /** The row with a link. It is served when a row exists with the id in `relatedTransactionId`. */
  linked?: Transaction | undefined;
}

/** Sorts rows by their time. Of the rows of one time, those that name another row come last. */
export function sortForLinking(rows: readonly UnlinkedRow[]): UnlinkedRow[] {
  return rows.toSorted((a, b) => {
    const difference = Date.parse(a.row.createdAt) - Date.parse(b.row.createdAt);
    return difference === 0 ? Number(a.linked !== undefined) - Number(b.linked !== undefined) : difference;
  });
}

/**
 * Links rows to each other and to the rows that were served before.
 * @param rows oldest first
 * @param ownIdKey the metadata key that contains the row's own id (the id of `row`). It differs from the served id if the row is served
 * under `preferredId`
 */
export async function linkRows(
  rows: readonly UnlinkedRow[],
  feedReader: FeedReader,
  ownIdKey: string,
): Promise<Transaction[]> {
  const ids = rows
    .flatMap(({ preferredId, linked }) => [preferredId, linked?.relatedTransactionId])
    .filter((id) => id !== undefined);
  const served = ids.length === 0 ? [] : await feedReader.findLatest('transactions', [...new Set(ids)]);
  const ownerById = new Map([...served].map(([id, { metadata }]) => [id, metadata[ownIdKey] ?? id]));
  return rows.map(({ row, preferredId, linked }) => {
    if (preferredId === undefined) return chooseRow({ row, linked }, ownerById);
    const owner = ownerById.get(preferredId) ?? row.id;
    ownerById.set(preferredId, owner);
    if (owner !== row.id) return chooseRow({ row, linked }, ownerById);
    const isOwnLink = linked?.relatedTransactionId === preferredId;
    return { ...(isOwnLink ? row : chooseRow({ row, linked }, ownerById)), id: preferredId };
  });
}

/** Returns the linked row if the row that it names is served. */
function chooseRow({ row, linked }: UnlinkedRow, servedIds: ReadonlyMap<string, unknown>): Transaction {
  return linked !== undefined && servedIds.has(linked.relatedTransactionId ?? '') ? linked : row;
}
