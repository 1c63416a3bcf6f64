/**
 * Links rows to the rows that they refer to, if those are served. This prevents two errors: (1) a refund whose payment was never served,
 * which the client would treat as a payment; (2) two rows with the same id, of which the second would overwrite the amount of the first.
 */
import type { FeedReader } from '../plugin.js';
import type { Transaction } from '../record.types.js';

/** A row that is not linked to other rows yet. */
export interface UnlinkedRow {
  /** The row as it is served when there is nothing to link it to. */
  row: Transaction;
  /** The id under which it is served, unless another row has this id, e.g. the id of the payment that it contains. */
  preferredId?: string | undefined;
  /** The row as it is served when there is a row with the id that it names in `relatedTransactionId`. */
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
 * @param ownIdKey the metadata key that contains the row's own id (that of `row`). It differs from the served id if the row is served under `preferredId`
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
