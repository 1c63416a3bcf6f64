import { RefusedError } from '../errors.js';
import type { Refusal } from '../plugin.js';
import type { Json } from './json.js';

/**
 * One row of a listing → a record, or a refusal with the reason and what the PSP sent, so that a bad row never stops a stream:
 * `rows.map((row) => readRow(row, 'id', toTransaction))`.
 * @param id the member that is the record's id; where the PSP sent none, the whole row stands for it
 * @param read throws RefusedError, as the accessors of `Json` and `money` do
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
