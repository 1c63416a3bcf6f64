/**
 * Links rows to the rows to which they refer, if those rows are served. This prevents three errors. (1) A refund is linked to a payment
 * that was never served: the client would treat the refund as a payment. (2) Two rows have the same id: the second row would overwrite the
 * amount of the first row. (3) A row is linked to another refund, or to a row of another type: the client would treat the row as a payment,
 * too.
 */
import { hasMovedMoney } from '../contract/balance-effects.js';
import type { FeedReader, StoredRecord } from '../plugin.js';
import type { Metadata, Transaction } from '../record.types.js';
import { COMMON_METADATA_PREFIX } from './common-metadata.js';
import type { Movement } from './movement-kinds.js';

const MOVEMENT_KEY = `${COMMON_METADATA_PREFIX}movement`;
/** For each type of a linked row, the kinds of movement of the rows to which it can be linked: payments, payouts and transfers. */
const ORIGINAL_MOVEMENTS: Readonly<Partial<Record<Transaction['type'], readonly Movement[]>>> = {
  PAYIN: ['payment'],
  PAYOUT: ['payout'],
  TRANSFER: ['transfer', 'conversion'],
};

/** A row that is not linked to other rows yet. */
export interface UnlinkedRow {
  /** The row without a link. It is served if the row to which it refers is not served. */
  row: Transaction;
  /**
   * The id under which the row is served, e.g. the id of the payment that the row contains. If another row already has this id, the row
   * keeps its own id.
   */
  preferredId?: string | undefined;
  /** The row with a link. It is served if a row with the id in `relatedTransactionId` is served. */
  linked?: Transaction | undefined;
}

/** Sorts rows by their time. If rows have the same time, rows that refer to another row come last. */
export function sortForLinking(rows: readonly UnlinkedRow[]): UnlinkedRow[] {
  return rows.toSorted((a, b) => {
    const difference = Date.parse(a.row.createdAt) - Date.parse(b.row.createdAt);
    return difference === 0 ? Number(a.linked !== undefined) - Number(b.linked !== undefined) : difference;
  });
}

/**
 * Links rows to each other, and to rows that were served before. A row that was served without a link, and whose money moved, stays without it, although the row to which it
 * refers is served later: clients have a payment of its own for it, and a link would count its amount twice.
 * @param rows oldest first
 * @param ownIdKey the metadata key that contains the row's own id, i.e. the id of `row`. It differs from the served id if the row is served
 * under `preferredId`
 */
export async function linkRows(
  rows: readonly UnlinkedRow[],
  feedReader: FeedReader,
  ownIdKey: string,
): Promise<Transaction[]> {
  const ids = rows
    .flatMap(({ row, preferredId, linked }) => [
      preferredId,
      ...(linked === undefined ? [] : [row.id, linked.relatedTransactionId]),
    ])
    .filter((id) => id !== undefined);
  const served = await feedReader.findLatest('transactions', [...new Set(ids)]);
  const servedById = new Map(
    [...served].map(([id, { metadata }]) => [id, toServedRow(id, metadata, ownIdKey)]),
  );
  return rows.map(({ row, preferredId, linked: linkedRow }) => {
    const linked = wasServedAlone(row, served.get(row.id)) ? undefined : linkedRow;
    if (preferredId === undefined) return chooseRow({ row, linked }, servedById);
    const { owner = row.id } = servedById.get(preferredId) ?? {};
    if (owner !== row.id) return chooseRow({ row, linked }, servedById);
    const isOwnLink = linked?.relatedTransactionId === preferredId;
    const own = isOwnLink ? row : chooseRow({ row, linked }, servedById);
    servedById.set(preferredId, { owner, movement: own.metadata?.[MOVEMENT_KEY] });
    return { ...own, id: preferredId };
  });
}

/** Returns true if the same row was served without a link, and moved money. */
function wasServedAlone({ type, status }: Transaction, served: StoredRecord | undefined): boolean {
  const { transaction } = served ?? {};
  return (
    transaction !== undefined &&
    transaction.relatedTransactionId === undefined &&
    transaction.type === type &&
    transaction.status === status &&
    hasMovedMoney(status)
  );
}

/** The properties of a served row that decide whether another row is linked to it. */
interface ServedRow {
  /** The own id of the row that is served under this id. */
  owner: string;
  /** The kind of the movement; `undefined` if it is unknown. */
  movement: string | undefined;
}

function toServedRow(id: string, metadata: Metadata, ownIdKey: string): ServedRow {
  return { owner: metadata[ownIdKey] ?? id, movement: metadata[MOVEMENT_KEY] };
}

/**
 * Returns the linked row if the row to which it refers is served and is a payment, payout or transfer of the same type. Otherwise returns
 * the row without a link.
 */
function chooseRow({ row, linked }: UnlinkedRow, servedById: ReadonlyMap<string, ServedRow>): Transaction {
  const named = servedById.get(linked?.relatedTransactionId ?? '');
  if (linked === undefined || named === undefined) return row;
  const movements: readonly string[] | undefined = ORIGINAL_MOVEMENTS[linked.type];
  const isOriginal =
    named.movement === undefined || movements === undefined || movements.includes(named.movement);
  return isOriginal ? linked : row;
}
