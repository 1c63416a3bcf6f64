/** Converts rows of a feed to CSV or NDJSON. */
import type { RecordVersion } from '../api/operator-api.types';
import { flattenJson } from './compare-json';

/** Converts records to NDJSON, i.e. one JSON object on each line. */
export function toNdjson(versions: readonly RecordVersion[]): string {
  return versions.map((version) => `${JSON.stringify(version)}\n`).join('');
}

/** Converts records to CSV (RFC 4180). The table has one column for each property that any of the records has. */
export function toCsv(versions: readonly RecordVersion[]): string {
  const rows = versions.map(({ sequence, feedTime, id, record }) => ({
    fixed: [String(sequence), feedTime, id],
    values: flattenJson(record ?? {}),
  }));
  const columns = [...new Set(rows.flatMap(({ values }) => [...values.keys()]))].filter(
    (name) => name !== '',
  );
  const lines = rows.map(({ fixed, values }) => [
    ...fixed,
    ...columns.map((name) => toPlainText(values.get(name))),
  ]);
  return [['row', 'feed time', 'record id', ...columns], ...lines]
    .map((cells) => `${cells.map(quoteCell).join(',')}\r\n`)
    .join('');
}

/** Returns the text of a JSON string without its quotes. */
function toPlainText(json: string | undefined): string {
  if (json === undefined) return '';
  return json.startsWith('"') ? String(JSON.parse(json)) : json;
}

/** Matches a text that a spreadsheet program would execute as a formula, unless the cell is marked as text. */
const FORMULA = /^[=+@\t\r]|^-(?!\d+(?:\.\d+)?$)/;

function quoteCell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
