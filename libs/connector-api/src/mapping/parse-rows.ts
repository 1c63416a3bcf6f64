import { parseRow } from '../http/parse-row.js';
import type { Json, JsonPath } from '../http/json-accessors.js';
import { isRejectedRecord } from '../plugin.js';
import type { RejectedRecord } from '../plugin.js';

/**
 * Converts the rows of a list to records: `parseRows(rows, 'id', toTransactions)`. A row can become one record, several records or none. An
 * invalid row becomes one `RejectedRecord`, and the other rows are not affected.
 * @param idProperty the name of the property that contains the row's id, or the path to it
 * @param convert a function that converts a row. For an invalid row it throws InvalidRecordError, as the methods of `Json` and `parseMoney`
 * do
 * @throws any other error of `convert`
 */
export function parseRows<T extends object>(
  rows: readonly Json[],
  idProperty: string | JsonPath,
  convert: (row: Json) => T | readonly T[],
): (T | RejectedRecord)[] {
  return rows.flatMap((row): readonly (T | RejectedRecord)[] => {
    const parsed = parseRow(row, idProperty, (each) => toArray(convert(each)));
    return isRejectedRecord(parsed) ? [parsed] : parsed;
  });
}

/** Returns the valid records of a list that also contains rejected records. */
export function takeValidRecords<T extends object>(records: readonly (T | RejectedRecord)[]): T[] {
  return records.filter((record): record is T => !isRejectedRecord(record));
}

/**
 * Converts all valid records of a list together, e.g. to link them to each other. In the result, the rejected records follow after the
 * converted records, unchanged.
 */
export async function convertValidRecords<T extends object, Converted>(
  records: readonly (T | RejectedRecord)[],
  convert: (valid: T[]) => Promise<readonly Converted[]>,
): Promise<(Converted | RejectedRecord)[]> {
  return [...(await convert(takeValidRecords(records))), ...records.filter(isRejectedRecord)];
}

function toArray<T extends object>(converted: T | readonly T[]): readonly T[] {
  return Array.isArray(converted) ? (converted as readonly T[]) : [converted as T];
}
