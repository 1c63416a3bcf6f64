import { InvalidRecordError } from '../errors.js';
import type { RejectedRecord } from '../plugin.js';
import type { Json, JsonPath } from './json-accessors.js';

/**
 * Converts one row of a listing to a record. An invalid row becomes a `RejectedRecord` with the reason and the raw JSON, so that it does
 * not stop the stream: `rows.map((row) => parseRow(row, 'id', toTransaction))`.
 * @param idProperty the name of the property that contains the record's id, or the path to it. If the row has no such property, its whole
 * JSON is used as the id
 * @param convert a function that converts the row. For an invalid row it throws InvalidRecordError, as the methods of `Json` and
 * `parseMoney` do
 * @throws any other error of `convert`
 */
export function parseRow<Row>(
  row: Json,
  idProperty: string | JsonPath,
  convert: (row: Json) => Row,
): Row | RejectedRecord {
  try {
    return convert(row);
  } catch (error) {
    if (!(error instanceof InvalidRecordError)) throw error;
    const raw = row.toJsonString();
    return { id: readId(row, idProperty) ?? raw, reason: error.message, raw };
  }
}

function readId(row: Json, property: string | JsonPath): string | undefined {
  try {
    return row.optionalString(...(typeof property === 'string' ? [property] : property));
  } catch {
    return undefined;
  }
}
