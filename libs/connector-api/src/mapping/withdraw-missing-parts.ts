/**
 * Takes back the rows of parts that the PSP no longer shows with their object, e.g. of a fee that a later reading of its payment does not contain. It also resolves the
 * rejections of such parts.
 */
import { isRejectedRecord } from '../plugin.js';
import type { FeedReader, Page, RejectedRecord, StoredRecord } from '../plugin.js';
import type { Transaction } from '../record.types.js';
import { reverseFailedRows } from './reverse-failed-rows.js';

/** How many parts of an object are looked up at once. */
const PARTS_AT_ONCE = 6;

/** The objects of a page whose parts were read completely. */
export interface ObjectsWithParts {
  /** The ids of the objects. A rejected object keeps its rows, because its parts are not known. */
  objectIds: readonly string[];
  /** Returns the ids that the rows of the part with this number can have: `(id, number) => [`${id}.fee.${number}`]`. The first part has the number 0. */
  listPartIds: (objectId: string, number: number) => readonly string[];
}

/**
 * Adds what takes back the rows of missing parts: for a row `<part>` whose money moved, a row `<part>.reversed`. If the part appears again later, a row `<part>.restored`
 * moves its amount once more, see `reverseFailedRows`, which is applied to all rows.
 * @returns the rows, and the ids of all missing parts, so that their rejections are resolved
 */
export async function withdrawMissingParts(
  records: readonly (Transaction | RejectedRecord)[],
  { objectIds, listPartIds }: ObjectsWithParts,
  feedReader: FeedReader,
): Promise<Required<Pick<Page<Transaction>, 'items' | 'resolvedIds'>>> {
  const present = new Set(records.map(({ id }) => id));
  const rejected = new Set(records.filter(isRejectedRecord).map(({ id }) => id));
  const resolvedIds: string[] = [];
  const withdrawn: Transaction[] = [];
  let objects = [...new Set(objectIds)].filter((id) => !rejected.has(id));
  for (let first = 0; objects.length > 0; first += PARTS_AT_ONCE) {
    const parts = objects.map((id) => ({ id, partIds: listIds(id, first, listPartIds) }));
    const missing = parts.flatMap(({ partIds }) => partIds.flat()).filter((id) => !present.has(id));
    const served = await feedReader.findLatest('transactions', missing);
    resolvedIds.push(...missing);
    withdrawn.push(...missing.flatMap((id) => toWithdrawnRow(served.get(id)) ?? []));
    const isKnown = (id: string) => present.has(id) || served.has(id);
    // An object that has one of the last of these parts can have more.
    const hasMore = (partIds: readonly (readonly string[])[]) =>
      partIds
        .slice(PARTS_AT_ONCE / 2)
        .flat()
        .some(isKnown);
    objects = parts.filter(({ partIds }) => hasMore(partIds)).map(({ id }) => id);
  }
  const withdrawnIds = new Set(withdrawn.map(({ id }) => id));
  const items = await reverseFailedRows([...records, ...withdrawn], feedReader);
  // The row of a missing part was served before, and does not change.
  return { items: items.filter(({ id }) => !withdrawnIds.has(id)), resolvedIds };
}

function listIds(
  objectId: string,
  first: number,
  listPartIds: ObjectsWithParts['listPartIds'],
): (readonly string[])[] {
  return Array.from({ length: PARTS_AT_ONCE }, (_, index) => listPartIds(objectId, first + index));
}

/** @returns the row with the status that lets `reverseFailedRows` take it back; `undefined` if its money did not move */
function toWithdrawnRow({ transaction }: StoredRecord = { metadata: {} }): Transaction | undefined {
  if (transaction?.status === 'SUCCEEDED') return { ...transaction, status: 'CANCELLED' };
  return transaction?.status === 'REFUNDED' ? { ...transaction, status: 'REFUNDED_FAILURE' } : undefined;
}
