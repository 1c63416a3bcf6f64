import { StatementError } from '../../statement.js';
import { Lines } from '../lines.js';

/** A logical record: `01` … `99` with its continuations (`88`). */
export interface BaiRecord {
  code: string;
  /**
   * Content of each physical record after its code, without the final slash: the first record, then its `88`
   * continuations.
   */
  pieces: string[];
  /** Whether each physical record ends with a slash. */
  closed: boolean[];
  /** Line number in the file, from 1. */
  line: number;
  /** The lines as found, for error messages and the quarantine. */
  raw: string[];
}

const RECORD = /^\s*(01|02|03|16|49|98|99),/;
/** `88:` occurs where a program has overwritten the comma with the text `EREF: …`. */
const CONTINUATION = /^\s*88[,:]/;
/** Some banks put several records on one line, separated by blanks. */
const NEXT_ON_LINE = /\/\s+(?=01,|02,|03,|16,\d{3},|49,[-+]?\d*,\d|88,|98,[-+]?\d*,\d|99,[-+]?\d*,\d)/;
const MOST_PIECES = 2000;

/** Assembles lines into logical records. */
export class BaiRecords {
  readonly #lines: Lines;
  #record: BaiRecord | undefined;

  constructor(binary: boolean) {
    this.#lines = new Lines(binary);
  }

  *split(text: string): Generator<BaiRecord> {
    for (const line of this.#lines.split(text)) yield* this.#line(line);
  }

  *finish(): Generator<BaiRecord> {
    for (const line of this.#lines.finish()) yield* this.#line(line);
    if (this.#record) yield this.#record;
    this.#record = undefined;
  }

  *#line(line: string): Generator<BaiRecord> {
    const parts = line.split(NEXT_ON_LINE);
    for (const [index, part] of parts.entries()) {
      if (part.trim() === '') continue;
      const closed = index < parts.length - 1 || /\/\s*$/.test(part);
      const text = index < parts.length - 1 ? part : part.replace(/\/?\s*$/, '');
      const code = RECORD.exec(part);
      if (code) {
        if (this.#record) yield this.#record;
        const pieces = [text.slice(code[0].length)];
        this.#record = {
          code: code[1] ?? '',
          pieces,
          closed: [closed],
          line: this.#lines.number,
          raw: [part],
        };
      } else {
        this.#continue(part, text, closed);
      }
    }
  }

  #continue(part: string, text: string, closed: boolean): void {
    const record = this.#record;
    if (!record) {
      throw new StatementError(
        `line ${this.#lines.number}: ${JSON.stringify(part.slice(0, 40))} is no BAI2 record; expected one that begins with 01,`,
      );
    }
    record.raw.push(part);
    const code = CONTINUATION.exec(part);
    if (code) {
      record.pieces.push(text.slice(code[0].length));
      record.closed.push(closed);
    } else {
      // A line without a code continues a text that contained a line break.
      const last = record.pieces.length - 1;
      record.pieces[last] = `${record.pieces[last]} ${text}`;
      record.closed[last] = closed;
    }
    if (record.raw.length > MOST_PIECES) {
      throw new StatementError(
        `line ${record.line}: record ${record.code} has more than ${MOST_PIECES} continuations; expected records of a statement`,
      );
    }
  }
}

/** Splits a record without a text field into its fields, across continuations. */
export function fieldsOf(record: BaiRecord): string[] {
  return record.pieces.flatMap((piece) => piece.split(',')).map((field) => field.trim());
}

/**
 * Reads fields one at a time, then the remaining text. A record 16 ends with text that may contain commas and
 * slashes.
 */
export class BaiFields {
  #piece = 0;
  #rest: string | undefined;

  constructor(private readonly record: BaiRecord) {
    this.#rest = record.pieces[0];
  }

  next(): string {
    if (this.#rest === undefined) {
      this.#piece++;
      this.#rest = this.record.pieces[this.#piece];
      if (this.#rest === undefined) return '';
    }
    const comma = this.#rest.indexOf(',');
    const field = comma === -1 ? this.#rest : this.#rest.slice(0, comma);
    this.#rest = comma === -1 ? undefined : this.#rest.slice(comma + 1);
    return field.trim();
  }

  /** Returns the remaining text, one element for each physical record. */
  text(): string[] {
    const rest = this.record.pieces.slice(this.#piece + 1);
    return (this.#rest === undefined ? rest : [this.#rest, ...rest])
      .map((text) => text.trim())
      .filter(Boolean);
  }
}
