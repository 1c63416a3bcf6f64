/** What `tributary` says with its exit code. */
export const EXIT = {
  done: 0,
  /** The deployment file is wrong, the port is taken, the store cannot be opened … */
  failed: 1,
  /** An unknown command or option, or one that is missing. */
  usage: 2,
  /** `sync`: at least one stream did not catch up. */
  incomplete: 3,
} as const;

/** Ends the command with one clear sentence. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    message: string,
    readonly exitCode: number = EXIT.failed,
  ) {
    super(message);
  }
}
