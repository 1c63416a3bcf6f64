/** Compares the rows of a store with their hashes, for `tributary store check`. */
import { verifyStoredRows, type RowVerification } from '@tributary/feed';
import { formatTable, pluralize, replaceControlCharacters, type Terminal } from '../shared/terminal.js';

/** The minimum time between two progress lines, in milliseconds. */
const PROGRESS_INTERVAL_MS = 2000;

/**
 * Compares all rows with their hashes, and prints the damaged rows.
 * @param resumeAt the position that an earlier, interrupted check printed
 * @returns a description of the problem if a row is damaged
 */
export async function verifyRows(
  from: string,
  resumeAt: string | undefined,
  terminal: Terminal,
): Promise<string | undefined> {
  let lastPrintedAt = Date.now();
  const result = await verifyStoredRows(from, {
    resumeAt,
    onProgress: (rows, position) => {
      if (Date.now() - lastPrintedAt < PROGRESS_INTERVAL_MS) return;
      lastPrintedAt = Date.now();
      terminal.err(
        `${pluralize(rows, 'row')} compared with their hashes so far; to go on from here: --resume ${position}`,
      );
    },
  });
  return printResult(result, terminal);
}

function printResult({ rows, damaged, findings }: RowVerification, terminal: Terminal): string | undefined {
  if (damaged === 0) {
    terminal.out(`${pluralize(rows, 'row')} compared with their hashes: all are as they were appended.`);
    return undefined;
  }
  const lines = findings.map(({ connector, stream, seq, id, reason }) =>
    [`/${connector}`, stream, String(seq), id, reason].map(replaceControlCharacters),
  );
  terminal.out(formatTable([['CONNECTOR', 'STREAM', 'ROW', 'ID', 'DAMAGE'], ...lines]));
  return `${damaged} of ${pluralize(rows, 'row')} are damaged. Put back a backup from before the damage.`;
}
