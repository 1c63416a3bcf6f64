import { InvalidRecordError } from '../errors.js';
import type { Json } from '../http/json-accessors.js';
import { parseRow } from '../http/parse-row.js';
import type { RejectedRecord } from '../plugin.js';

/**
 * Adds one record of an object. If `build` throws `InvalidRecordError`, only this record is rejected.
 * @param id the id of the record. A rejected record has this id, too
 * @param build returns one record, several records, or `undefined` for no record
 */
export type AddRecord<T> = (id: string, build: () => T | readonly T[] | undefined) => void;

/**
 * Converts one object of the PSP to any number of records, e.g. a payment with its fees and refunds. A rejected record does not affect the
 * other records:
 * ```ts
 * rows.flatMap((row) =>
 * parseRowToRecords<Transaction>(row, 'id', (payment, add) => {
 * const id = payment.string('id');
 * add(id, () => toPaymentRow(payment));
 * if (payment.has('fee')) add(`${id}-fee`, () => toFeeRow(payment));
 * }),
 * );
 * ```
 * @param idProperty the name of the property that contains the object's id, for a rejection of the whole object
 * @param convert calls `add` for each record. An InvalidRecordError that it throws outside of `add` rejects the whole object
 * @throws any other error of `convert`
 */
export function parseRowToRecords<T>(
  row: Json,
  idProperty: string,
  convert: (row: Json, add: AddRecord<T>) => void,
): (T | RejectedRecord)[] {
  const records: (T | RejectedRecord)[] = [];
  const whole = parseRow(row, idProperty, () => {
    convert(row, (id, build) => records.push(...buildOrReject(row, id, build)));
    return undefined;
  });
  return whole === undefined ? records : [whole];
}

function buildOrReject<T>(
  row: Json,
  id: string,
  build: () => T | readonly T[] | undefined,
): readonly (T | RejectedRecord)[] {
  try {
    const built = build();
    if (built === undefined) return [];
    return Array.isArray(built) ? (built as readonly T[]) : [built as T];
  } catch (error) {
    if (!(error instanceof InvalidRecordError)) throw error;
    return [{ id, reason: error.message, raw: row.toJsonString() }];
  }
}
