/** Compares the rows of a store with their hashes, for `tributary store check`. */
import { verifyStoredRows, type RowVerification } from '@tributary/feed';
import { CliError, EXIT_CODES } from '../shared/cli-error.js';
import { formatTable, pluralize, replaceControlCharacters, type Terminal } from '../shared/terminal.js';

/** Minimum time between two progress lines, in milliseconds. */
const PROGRESS_INTERVAL_MS = 2000;

/**
 * Compares all rows with their hashes, and prints the damaged ones.
 * @param resumeAt the position that an earlier, interrupted check printed
 * @throws CliError when a row is damaged
 */
export async function verifyRows(
  from: string,
  resumeAt: string | undefined,
  terminal: Terminal,
): Promise<void> {
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
  printResult(result, terminal);
}

function printResult({ rows, damaged, findings }: RowVerification, terminal: Terminal): void {
  if (damaged === 0) {
    terminal.out(`${pluralize(rows, 'row')} compared with their hashes: all are as they were appended.`);
    return;
  }
  const lines = findings.map(({ connector, stream, seq, id, reason }) =>
    [`/${connector}`, stream, String(seq), id, reason].map(replaceControlCharacters),
  );
  terminal.out(formatTable([['CONNECTOR', 'STREAM', 'ROW', 'ID', 'DAMAGE'], ...lines]));
  throw new CliError(
    `${damaged} of ${pluralize(rows, 'row')} are damaged. Put back a backup from before the damage.`,
    EXIT_CODES.failed,
  );
}
