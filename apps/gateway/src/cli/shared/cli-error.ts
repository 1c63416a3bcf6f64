/** The exit codes of `tributary`, and the error that ends a command with one of these codes. */
export const EXIT_CODES = {
  done: 0,
  /** The command failed, e.g. the deployment file is invalid, the port is in use or the store cannot be opened. */
  failed: 1,
  /** A command, option or argument is unknown, missing or invalid, or a required confirmation is missing. */
  usage: 2,
  /** `sync`: at least one stream did not catch up. `conform`: the service does not conform. */
  incomplete: 3,
  /**
   * `serve` ended because the store was replaced or restored while the gateway was running. A supervisor may start the gateway again,
   * because every start checks the store.
   */
  storeChanged: 4,
} as const;

/** Thrown to end a command with a message and an exit code. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    message: string,
    readonly exitCode: number = EXIT_CODES.failed,
  ) {
    super(message);
  }
}
