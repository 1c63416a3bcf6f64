import type { StatementEvent } from '../statements/statement.types.js';

/** Interface of all format readers: they convert text to statement parts. Both methods throw StatementError. */
export interface StatementReader {
  /** @returns the parts that are complete so far */
  write(text: string): StatementEvent[];
  /**
   * Ends the file.
   * @returns the remaining parts
   * @throws StatementError when the file is incomplete
   */
  end(): StatementEvent[];
}

/** Maximum length of an entry's source text, in characters. */
export const MAX_RAW_LENGTH = 4096;
