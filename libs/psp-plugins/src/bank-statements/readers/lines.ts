import { TextDecoder } from 'node:util';
import { StatementError } from '../statement.js';

const LONGEST_LINE = 64 * 1024;
const utf8 = new TextDecoder('utf-8', { fatal: true });
const windows1252 = new TextDecoder('windows-1252');

/**
 * Splits text into lines. Formats without a declared encoding come as one character per byte (`latin1`), and each line that
 * is valid UTF-8 is read as such, any other as Windows-1252: banks mix both in one file, and a line decides the same way
 * wherever a chunk of the file happens to end.
 */
export class Lines {
  /** Of the line that was last given out, from 1. */
  number = 0;
  /** False when the file's last line has no line break: it may have been cut. */
  terminated = true;
  #rest = '';

  constructor(private readonly binary: boolean) {}

  *split(text: string): Generator<string> {
    const all = this.#rest + text;
    let from = 0;
    for (let to = all.indexOf('\n'); to !== -1; to = all.indexOf('\n', from)) {
      yield this.#line(all.slice(from, all.charCodeAt(to - 1) === 13 && to > from ? to - 1 : to));
      from = to + 1;
    }
    this.#rest = all.slice(from);
    if (this.#rest.length > LONGEST_LINE) {
      throw new StatementError(
        `line ${this.number + 1}: longer than ${LONGEST_LINE} characters; expected lines of a bank statement`,
      );
    }
  }

  *finish(): Generator<string> {
    if (this.#rest === '') return;
    this.terminated = false;
    yield this.#line(this.#rest);
  }

  #line(line: string): string {
    this.number++;
    if (!this.binary || /^[\x00-\x7f]*$/.test(line)) return line;
    const bytes = Buffer.from(line, 'latin1');
    try {
      return utf8.decode(bytes);
    } catch {
      return windows1252.decode(bytes);
    }
  }
}
