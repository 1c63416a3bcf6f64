/**
 * Links rows to the rows to which they refer, if those rows are served. This prevents three errors. (1) A refund whose payment was never
 * served: the client would treat it as a payment. (2) Two rows with the same id: the second row would overwrite the amount of the first
 * row. (3) A row that names another refund, or a row of another type: the client would treat it as a payment, too.
 */
import type { FeedReader } from '../plugin.js';
import type { Metadata, Transaction } from '../record.types.js';
import { COMMON_METADATA_PREFIX } from './common-metadata.js';
import type { Movement } from './movement-kinds.js';

const MOVEMENT_KEY = `${COMMON_METADATA_PREFIX}movement`;
/** The movements of rows that are a payment, a payout or a transfer themselves, by the type of their linked rows. */
const ORIGINAL_MOVEMENTS: Readonly<Partial<Record<Transaction['type'], readonly Movement[]>>> = {
  PAYIN: ['payment'],
  PAYOUT: ['payout'],
  TRANSFER: ['transfer', 'conversion'],
};

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
  const servedById = new Map(
    [...served].map(([id, { metadata }]) => [id, toServedRow(id, metadata, ownIdKey)]),
  );
  return rows.map(({ row, preferredId, linked }) => {
    if (preferredId === undefined) return chooseRow({ row, linked }, servedById);
    const { owner = row.id } = servedById.get(preferredId) ?? {};
    if (owner !== row.id) return chooseRow({ row, linked }, servedById);
    const isOwnLink = linked?.relatedTransactionId === preferredId;
    const own = isOwnLink ? row : chooseRow({ row, linked }, servedById);
    servedById.set(preferredId, { owner, movement: own.metadata?.[MOVEMENT_KEY] });
    return { ...own, id: preferredId };
  });
}

/** What must be known of a row to which others are linked. */
interface ServedRow {
  /** The own id of the row that has the id. */
  owner: string;
  /** `undefined` if it is not known. */
  movement: string | undefined;
}

function toServedRow(id: string, metadata: Metadata, ownIdKey: string): ServedRow {
  return { owner: metadata[ownIdKey] ?? id, movement: metadata[MOVEMENT_KEY] };
}

/** Returns the linked row if the row that it names is served, and is a payment, payout or transfer of its type. */
function chooseRow({ row, linked }: UnlinkedRow, servedById: ReadonlyMap<string, ServedRow>): Transaction {
  const named = servedById.get(linked?.relatedTransactionId ?? '');
  if (linked === undefined || named === undefined) return row;
  const movements: readonly string[] | undefined = ORIGINAL_MOVEMENTS[linked.type];
  const isOriginal =
    named.movement === undefined || movements === undefined || movements.includes(named.movement);
  return isOriginal ? linked : row;
}
