/** Runs one command, and converts an error to one message and an exit code. */
import { CommanderError } from 'commander';
import { ConfigError, redactSecrets } from '../config/index.js';
import { CliError, EXIT_CODES } from './shared/cli-error.js';
import type { CliResult } from './shared/command-context.js';
import { createProgram } from './program.js';
import { pluralize, type Terminal } from './shared/terminal.js';

/**
 * Runs the command line. The function never throws. Errors are written to `terminal.err`, without secrets.
 * @param args arguments without the name of the program
 * @returns the exit code
 */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  const result: CliResult = { exitCode: EXIT_CODES.done, secrets: [] };
  try {
    await createProgram(terminal, result).parseAsync(args, { from: 'user' });
    return result.exitCode;
  } catch (error) {
    // The library `commander` has already printed the message.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.done : EXIT_CODES.usage;
    terminal.err(redactSecrets(formatError(error), result.secrets));
    return error instanceof CliError ? error.exitCode : EXIT_CODES.failed;
  }
}

function formatError(error: unknown): string {
  if (error instanceof ConfigError) {
    return `${error.message}\n${pluralize(error.problems.length, 'problem')} in ${error.file}; nothing was started.`;
  }
  if (!(error instanceof Error)) return `tributary: ${String(error)}`;
  return process.env.DEBUG ? (error.stack ?? error.message) : `tributary: ${error.message}`;
}
