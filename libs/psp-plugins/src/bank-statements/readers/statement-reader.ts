import type { StatementEvent } from '../statements/statement.types.js';

/** Interface of all format readers. A reader converts text to statement events. Both methods throw StatementError. */
export interface StatementReader {
  /** @returns the events that are complete so far */
  write(text: string): StatementEvent[];
  /**
   * Ends the file.
   * @returns the remaining events
   * @throws StatementError when the file is incomplete
   */
  end(): StatementEvent[];
}

/** Maximum length of an entry's source text, in characters. */
export const MAX_RAW_LENGTH = 4096;
