/** Runs one command, and converts an error to one message and an exit code. */
import { CommanderError } from 'commander';
import { ConfigError, hideSecrets } from '../config/index.js';
import { CliError, EXIT } from './cli-error.js';
import type { Outcome } from './command.js';
import { createProgram } from './program.js';
import { count, type Terminal } from './terminal.js';

/**
 * Runs the command line. It never throws; errors go to `terminal.err` with secrets redacted.
 * @param args arguments without the name of the program
 * @returns the exit code
 */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  const outcome: Outcome = { exitCode: EXIT.done, secrets: [] };
  try {
    await createProgram(terminal, outcome).parseAsync(args, { from: 'user' });
    return outcome.exitCode;
  } catch (error) {
    // commander has already printed the message.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    terminal.err(hideSecrets(explain(error), outcome.secrets));
    return error instanceof CliError ? error.exitCode : EXIT.failed;
  }
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) {
    return `${error.message}\n${count(error.problems.length, 'problem')} in ${error.file}; nothing was started.`;
  }
  if (!(error instanceof Error)) return `tributary: ${String(error)}`;
  return process.env.DEBUG ? (error.stack ?? error.message) : `tributary: ${error.message}`;
}
