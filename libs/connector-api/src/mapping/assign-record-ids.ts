/**
 * Decides under which row each record of a PSP is served, for a PSP whose ids are not unique: several records can have one id. A record keeps its row although its
 * amount or its code changes. Records of one id are told apart by their times, which must not change, and records of one id and time by the properties that can change.
 */
import type { FeedReader, StoredRecord } from '../plugin.js';
import { formatNumberedId } from './row-history.js';

/** What identifies a record of the PSP. */
export interface RecordIdentity {
  /** The PSP's id. Several records can have it. */
  id: string;
  /** The key under which the record is new: it is stored with the row, and never changes. An earlier release may have served the row under this id. */
  key: string;
  /** The time in milliseconds since 1970, or `undefined` if it is not readable. */
  time: number | undefined;
  /** The properties that can change, e.g. the code, the currency and the amount. */
  parts: readonly (string | undefined)[];
  /** Whether the PSP still decides about the record. An open record can only be a new version of an open row, because a filter may list it without the others. */
  isOpen: boolean;
}

/** The ids of the row of a record. */
export interface RecordIds {
  /** The id under which the row is served: the PSP's id, or for further records with this id `<id>.2`, `<id>.3`, … */
  rowId: string;
  /** The key that is stored with the row. It differs from the key of `RecordIdentity` if the record has changed. */
  key: string;
}

export interface RecordIdOptions<Row> {
  /** Reads what identifies a record. It never throws. */
  read: (row: Row) => RecordIdentity;
  /** Reads the key and the changeable properties from the row that is stored for a record. */
  readStored: (record: StoredRecord) => { key: string | undefined; parts: readonly (string | undefined)[] };
  feedReader: FeedReader;
}

/** A row that is stored, and that one of the records is. */
interface StoredRow extends RecordIds {
  time: number;
  parts: readonly (string | undefined)[];
  isOpen: boolean;
}

/**
 * Assigns ids to the records of a page. Rows of earlier pages are found in the feed.
 * @returns a function that returns the ids of a record
 */
export async function assignRecordIds<Row>(
  rows: readonly Row[],
  options: RecordIdOptions<Row>,
): Promise<(row: Row) => RecordIds> {
  const records = rows.map((row) => ({ row, ...options.read(row) }));
  const stored = await readStoredRows(records, options);
  const assigned = new Map<Row, RecordIds>();
  for (const [id, ofId] of Map.groupBy(records, (record) => record.id))
    for (const [{ row }, ids] of assignGroup(ofId, stored.get(id) ?? [])) assigned.set(row, ids);
  return (row) => {
    const { id, key } = options.read(row);
    return assigned.get(row) ?? { rowId: id, key };
  };
}

async function readStoredRows<Row>(
  records: readonly RecordIdentity[],
  { readStored, feedReader }: RecordIdOptions<Row>,
): Promise<Map<string, StoredRow[]>> {
  const served = await feedReader.findLatest('transactions', [
    ...new Set(records.flatMap(({ id, key }) => [id, formatNumberedId(id, 2), key])),
  ]);
  // Most ids have one record. The rows of the others are read until a number is free.
  const isServed = (number: number) => (id: string) => served.has(formatNumberedId(id, number));
  let shared = [...new Set(records.map(({ id }) => id))].filter(isServed(2));
  for (let number = 3; shared.length > 0; shared = shared.filter(isServed(number++))) {
    const ids = shared.map((id) => formatNumberedId(id, number));
    for (const [id, record] of await feedReader.findLatest('transactions', ids)) served.set(id, record);
  }
  const rows = new Map<string, StoredRow[]>();
  for (const { id, key } of records) {
    const ofId = rows.get(id) ?? [];
    rows.set(id, ofId);
    for (const rowId of [...listNumberedIds(id, served), key]) {
      const record = served.get(rowId);
      if (record === undefined || ofId.some((row) => row.rowId === rowId)) continue;
      const { key: storedKey = rowId, parts } = readStored(record);
      const time = Date.parse(record.transaction?.createdAt ?? '');
      ofId.push({ rowId, key: storedKey, time, parts, isOpen: record.status === 'PENDING' });
    }
  }
  return rows;
}

function listNumberedIds(id: string, served: ReadonlyMap<string, unknown>): string[] {
  const ids = [id];
  for (let number = 2; served.has(formatNumberedId(id, number)); number++)
    ids.push(formatNumberedId(id, number));
  return ids;
}

/**
 * Gives each record of one id its stored row: first the records that have not changed, then those with the most equal properties. Any further record is new. If
 * the PSP lists all records of one id and time, each of them has a row of its own, although two of them may have exchanged their rows.
 */
function assignGroup<Identity extends RecordIdentity>(
  records: readonly Identity[],
  stored: readonly StoredRow[],
): [Identity, RecordIds][] {
  const assigned: [Identity, RecordIds][] = [];
  // The sequence in which the PSP lists the records must not decide which of them is the first one.
  const left = new Set(records.toSorted((a, b) => compare(a, b)));
  const free = new Set(stored.toSorted((a, b) => Number(b.isOpen) - Number(a.isOpen)));
  const partCount = Math.max(...records.map(({ parts }) => parts.length));
  for (let equal = partCount; equal >= 0 && free.size > 0; equal--)
    for (const record of left) {
      const row = [...free].find((each) => isVersionOf(record, each, equal));
      if (row === undefined) continue;
      left.delete(record);
      free.delete(row);
      assigned.push([record, { rowId: row.rowId, key: row.key }]);
    }
  const used = new Set(stored.flatMap(({ rowId, key }) => [rowId, key]));
  for (const record of left) {
    const ids = findFreeIds(record, used);
    used.add(ids.rowId).add(ids.key);
    assigned.push([record, ids]);
  }
  return assigned;
}

function isVersionOf({ time, parts, isOpen }: RecordIdentity, row: StoredRow, minEqual: number): boolean {
  if (time !== row.time) return false;
  const equal = parts.filter((part, index) => part === row.parts[index]).length;
  return equal >= minEqual && (equal === parts.length || !isOpen || row.isOpen);
}

function findFreeIds({ id, key }: RecordIdentity, used: ReadonlySet<string>): RecordIds {
  if (!used.has(id) && !used.has(key)) return { rowId: id, key };
  let number = 2;
  while (used.has(formatNumberedId(id, number))) number++;
  const rowId = formatNumberedId(id, number);
  return { rowId, key: rowId };
}

/** Sorts by time. A record that is not readable comes last, so that a valid one gets the PSP's id. */
function compare(a: RecordIdentity, b: RecordIdentity): number {
  const [isUnreadable, isOtherUnreadable] = [a, b].map(({ parts }) => Number(parts.includes(undefined)));
  const difference = (isUnreadable ?? 0) - (isOtherUnreadable ?? 0) || (a.time ?? 0) - (b.time ?? 0);
  return difference || (a.parts.join(' ') < b.parts.join(' ') ? -1 : 1);
}
