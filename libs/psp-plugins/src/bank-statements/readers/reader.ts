import type { StatementPart } from '../statement.js';

/** Text in, parts out: what every format's reader looks like. Both throw StatementError. */
export interface StatementReader {
  /** @returns the parts that are complete by now. */
  write(text: string): StatementPart[];
  /** The file is over. @returns what is left; throws when something is missing. */
  end(): StatementPart[];
}

/** Entries carry what was found, cut to this many characters. */
export const RAW_LIMIT = 4096;
