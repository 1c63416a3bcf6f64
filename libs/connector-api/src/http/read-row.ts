import { RefusedError } from '../errors.js';
import type { Refusal } from '../plugin.js';
import type { Json } from './json.js';

/**
 * Converts one row of a listing to a record. An invalid row becomes a `RejectedRecord` with the reason and the raw JSON, so it does not
 * stop the stream: `rows.map((row) => parseRow(row, 'id', toTransaction))`.
 * @param id the name of the property that contains the record's id. If the row has none, its whole JSON becomes the id
 * @param read converts the row. It throws InvalidRecordError for an invalid row, as the accessors of `Json` and `parseMoney` do
 * @throws any other error of `read`
 */
export function readRow<Row>(row: Json, id: string, read: (row: Json) => Row): Row | Refusal {
  try {
    return read(row);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    const raw = row.toText();
    return { id: textOf(row, id) ?? raw, refused: error.message, raw };
  }
}

function textOf(row: Json, member: string): string | undefined {
  try {
    return row.optionalText(member);
  } catch {
    return undefined;
  }
}
