/** Formats the versions of a record, and the rows of an export. */
import { formatTime } from '@tributary/connector-api';
import type { StoredVersion } from '@tributary/feed';
import { formatTable, pluralize, replaceControlCharacters } from '../shared/terminal.js';

/** Returns the properties of a record as strings, by their path: `metadata.com.bank.spec/note`. */
export function flattenRecord(body: string): Map<string, string> {
  const fields = new Map<string, string>();
  const visit = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null)
      fields.set(path, typeof value === 'string' ? value : JSON.stringify(value));
    else
      for (const [name, item] of Object.entries(value)) visit(item, path === '' ? name : `${path}.${name}`);
  };
  visit(JSON.parse(body), '');
  return fields;
}

export function formatVersions(versions: readonly StoredVersion[]): string {
  const blocks = versions.map(({ sequence, feedTime, body }) => {
    const rows = [...flattenRecord(body)].map((row) => row.map(replaceControlCharacters));
    return `row ${sequence}, ${formatTime(feedTime)}\n${indent(formatTable(rows))}`;
  });
  return [`${pluralize(versions.length, 'version')}, newest first:`, ...blocks].join('\n\n');
}

/**
 * Formats the differences between successive versions of a record.
 * @param versions newest first
 */
export function formatDifferences(versions: readonly StoredVersion[]): string {
  const blocks = versions.map((version, index) => {
    const before = versions[index + 1];
    const title = `row ${version.sequence}, ${formatTime(version.feedTime)}`;
    if (before === undefined) return `${title}: the first version`;
    return `${title}\n${indent(formatTable(listChanges(before.body, version.body)))}`;
  });
  return blocks.join('\n\n');
}

/** Returns a line for each property that differs: its name, its earlier value and its later value. */
function listChanges(before: string, after: string): string[][] {
  const [old, current] = [flattenRecord(before), flattenRecord(after)];
  return [...new Set([...old.keys(), ...current.keys()])]
    .filter((name) => old.get(name) !== current.get(name))
    .map((name) => [name, old.get(name) ?? '(none)', '->', current.get(name) ?? '(none)'])
    .map((row) => row.map(replaceControlCharacters));
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}

/** Matches a text that a spreadsheet program would treat as a formula. */
const FORMULA_PATTERN = /^[=+@\t\r]|^-(?!\d+$)/;

/** Formats one line of CSV (RFC 4180). */
export function toCsvLine(cells: readonly (string | number)[]): string {
  return cells
    .map(String)
    .map((cell) => (FORMULA_PATTERN.test(cell) ? `'${cell}` : cell))
    .map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
    .join(',');
}
