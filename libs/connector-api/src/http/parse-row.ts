import { InvalidRecordError } from '../errors.js';
import type { RejectedRecord } from '../plugin.js';
import type { Json, JsonPath } from './json-accessors.js';

/**
 * Converts one row of a listing to a record. An invalid row becomes a `RejectedRecord` with the reason and the raw JSON, so it does not
 * stop the stream: `rows.map((row) => parseRow(row, 'id', toTransaction))`.
 * @param idProperty the name of the property that contains the record's id, or the path to it. If the row has none, its whole JSON becomes the id
 * @param convert converts the row. It throws InvalidRecordError for an invalid row, as the accessors of `Json` and `parseMoney` do
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
