/** Sorts the records of a page by the PSP's time. */
import type { SerializedRecord } from '@tributary/connector-api';

/**
 * Sorts records by the PSP's time, oldest first. Plugins must already return this order, so the function only corrects faulty plugins. A
 * record without a time stays after the previous record. Versions of one record keep the sequence of the plugin, even if their times
 * have another order, because the version that is listed last is the current version.
 */
export function sortOldestFirst(records: SerializedRecord[]): SerializedRecord[] {
  const sortKeys = computeSortKeys(records);
  const isSorted = sortKeys.every((sortKey, index) => index === 0 || sortKey >= (sortKeys[index - 1] ?? 0));
  if (isSorted) return records;
  return records
    .map((record, index) => ({ record, sortKey: sortKeys[index] ?? 0 }))
    .sort((a, b) => a.sortKey - b.sortKey)
    .map(({ record }) => record);
}

function computeSortKeys(records: readonly SerializedRecord[]): number[] {
  const lastKeyById = new Map<string, number>();
  let previousKey = 0;
  return records.map(({ id, pspTime }) => {
    const sortKey = Math.max(pspTime ?? previousKey, lastKeyById.get(id) ?? 0);
    lastKeyById.set(id, sortKey);
    previousKey = sortKey;
    return sortKey;
  });
}
