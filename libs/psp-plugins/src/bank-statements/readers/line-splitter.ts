import { TextDecoder } from 'node:util';
import { StatementError } from '../statements/statement-parts.js';

const MAX_LINE_LENGTH = 64 * 1024;
const utf8 = new TextDecoder('utf-8', { fatal: true });
const windows1252 = new TextDecoder('windows-1252');

/**
 * Splits text into lines. Files without a declared encoding arrive as one character per byte (`latin1`). Each
 * line is then decoded as UTF-8 if it is valid UTF-8, otherwise as Windows-1252, because banks mix both in
 * one file. The result does not depend on the chunk boundaries.
 */
export class LineSplitter {
  /** Number of the last line returned, from 1. */
  lineNumber = 0;
  /** False if the last line has no line break: the file may be truncated. */
  isTerminated = true;
  #rest = '';

  constructor(private readonly isBinary: boolean) {}

  *split(text: string): Generator<string> {
    const all = this.#rest + text;
    let from = 0;
    for (let to = all.indexOf('\n'); to !== -1; to = all.indexOf('\n', from)) {
      yield this.#line(all.slice(from, all.charCodeAt(to - 1) === 13 && to > from ? to - 1 : to));
      from = to + 1;
    }
    this.#rest = all.slice(from);
    if (this.#rest.length > MAX_LINE_LENGTH) {
      throw new StatementError(
        `line ${this.lineNumber + 1}: longer than ${MAX_LINE_LENGTH} characters; expected lines of a bank statement`,
      );
    }
  }

  *finish(): Generator<string> {
    if (this.#rest === '') return;
    this.isTerminated = false;
    yield this.#line(this.#rest);
  }

  #line(line: string): string {
    this.lineNumber++;
    if (!this.isBinary || /^[\x00-\x7f]*$/.test(line)) return line;
    const bytes = Buffer.from(line, 'latin1');
    try {
      return utf8.decode(bytes);
    } catch {
      return windows1252.decode(bytes);
    }
  }
}
