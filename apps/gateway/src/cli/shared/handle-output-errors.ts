/** Handles errors of standard output, e.g. a closed pipe or a full disk. */

type OutputError = NodeJS.ErrnoException;

/** Ends the process with code 0 if the reader closes the pipe, as in `tributary quarantine | head`. Other errors are thrown. */
export function exitOnBrokenPipe(): void {
  process.stdout.on('error', (error: OutputError) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
}

/**
 * Keeps the server running if its log cannot be written, e.g. because the disk is full or the log collector has stopped. Log lines are then
 * lost, but requests are still served. One warning is written to standard error.
 */
export function ignoreOutputErrors(): void {
  let hasWarned = false;
  process.stdout.removeAllListeners('error').on('error', (error: OutputError) => {
    if (hasWarned) return;
    hasWarned = true;
    process.stderr.write(
      `tributary: the log cannot be written (${error.code ?? error.message}); serving goes on.\n`,
    );
  });
  process.stderr.removeAllListeners('error').on('error', () => undefined);
}
