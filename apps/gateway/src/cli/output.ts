/** What happens when standard output takes no more. */

type OutputError = NodeJS.ErrnoException;

/** Commands whose output is their result: whoever reads it may stop reading, as in `tributary quarantine | head`. */
export function endWithReader(): void {
  process.stdout.on('error', (error: OutputError) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
}

/**
 * For a server, whose output is its log: a full disk or a dead collector of logs costs log lines, not answers. Said once,
 * where somebody may still read it.
 */
export function outliveOutput(): void {
  let told = false;
  process.stdout.removeAllListeners('error').on('error', (error: OutputError) => {
    if (told) return;
    told = true;
    process.stderr.write(
      `tributary: the log cannot be written (${error.code ?? error.message}); serving goes on.\n`,
    );
  });
  process.stderr.removeAllListeners('error').on('error', () => undefined);
}
