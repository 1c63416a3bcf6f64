/** Splits text into lines. A line can end with LF, CR LF or CR alone. */
import { StatementError } from '../statements/statement.types.js';

const MAX_LINE_LENGTH = 64 * 1024;
/** The number of characters in which the line end is searched for. If they contain no LF, CR is the line end of the file. */
const LINE_END_DETECTION_LENGTH = 4096;
/** Matches control characters (STX, ETX, Ctrl-Z), which banks put around files. They are never part of a value. */

const CONTROL_CHARACTERS = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g;

export class LineSplitter {
  /** The number of the last line that was returned, from 1. */
  lineNumber = 0;
  /** False if the last line has no line break. The file may then be truncated. */
  isTerminated = true;
  #rest = '';
  #lineEnd: '\n' | '\r' | undefined;

  *split(text: string): Generator<string> {
    const all = this.#rest + text;
    this.#lineEnd ??= detectLineEnd(all);
    let from = 0;
    if (this.#lineEnd !== undefined) {
      for (let to = all.indexOf(this.#lineEnd); to !== -1; to = all.indexOf(this.#lineEnd, from)) {
        yield this.#line(all.slice(from, to));
        from = to + 1;
      }
    }
    this.#rest = all.slice(from);
    if (this.#rest.length > MAX_LINE_LENGTH) {
      throw new StatementError(
        `line ${this.lineNumber + 1}: longer than ${MAX_LINE_LENGTH} characters; expected lines of a bank statement`,
      );
    }
  }

  *finish(): Generator<string> {
    if (this.#lineEnd === undefined && this.#rest.includes('\r')) {
      this.#lineEnd = '\r';
      yield* this.split('');
    }
    // A control character after the last line break, e.g. Ctrl-Z, is not a line.
    if (this.#rest.replace(CONTROL_CHARACTERS, '') === '') return;
    this.isTerminated = false;
    yield this.#line(this.#rest);
  }

  #line(line: string): string {
    this.lineNumber++;
    return line.replace(CONTROL_CHARACTERS, '').replace(/[\r\n]+$/, '');
  }
}

/**
 * Detects the line end of the file.
 * @returns `undefined` as long as the text does not show the line end
 */
function detectLineEnd(text: string): '\n' | '\r' | undefined {
  if (text.includes('\n')) return '\n';
  return text.length > LINE_END_DETECTION_LENGTH && text.includes('\r') ? '\r' : undefined;
}
