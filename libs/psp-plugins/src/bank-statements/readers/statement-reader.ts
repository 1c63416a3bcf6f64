import type { StatementEvent } from '../statements/statement.types.js';

/**
 * The interface of the readers of all formats. A reader converts text to statement events. Both methods throw StatementError if the file is
 * broken.
 */
export interface StatementReader {
  /**
   * Reads the next text.
   * @returns the events that are complete so far
   */
  write(text: string): StatementEvent[];
  /**
   * Ends the file.
   * @returns the remaining events
   * @throws StatementError if the file is incomplete
   */
  end(): StatementEvent[];
}

/** The maximum number of characters of an entry's source text. A longer text is truncated. */
export const MAX_RAW_LENGTH = 4096;
