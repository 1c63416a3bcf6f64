import { StatementError } from '../../statements/statement.types.js';
import { LineSplitter } from '../line-splitter.js';
import { decodeLine } from '../text-decoder.js';

/** A logical record, i.e. a record `01` … `99` together with its continuation records (`88`). */
export interface Bai2Record {
  code: string;
  /**
   * The content of each physical record after its code, without the final slash. The first element is the record itself, and the `88`
   * continuations follow.
   */
  segments: string[];
  /** For each physical record, whether it ends with a slash. */
  segmentsTerminated: boolean[];
  /** The line number in the file, from 1. */
  line: number;
  /** The lines as they are in the file, for error messages and the quarantine (the list of rejected records). */
  raw: string[];
}

const RECORD_PATTERN = /^\s*(01|02|03|16|49|98|99),/;
/**
 * Matches the beginning of a continuation record. `88:` occurs in files in which a program has overwritten the comma with the text
 * `EREF: …`.
 */
const CONTINUATION_PATTERN = /^\s*88[,:]/;
/**
 * Matches the next record on the same line. Some banks put several records on one line, separated by blanks. If the text of a record 16
 * ends without a slash, only the fields of the next record show that a record begins, so the pattern includes these fields.
 */
const NEXT_RECORD_PATTERN =
  /\/\s+(?=01,|02,|03,|16,\d{3},|49,[-+]?\d*,\d|88,|98,[-+]?\d*,\d|99,[-+]?\d*,\d)|\s+(?=16,\d{3},[-+]?\d+,[ZVSD012]?,|(?:49,[-+]?\d+|98,[-+]?\d+,\d+|99,[-+]?\d+,\d+),\d+\/)/;
const MAX_RECORD_LINES = 2000;

/** Assembles lines into logical records. */
export class Bai2RecordAssembler {
  readonly #lines = new LineSplitter();
  #record: Bai2Record | undefined;

  /**
   * Creates an assembler for one file.
   * @param isBinary true if the text has one character per byte
   */
  constructor(private readonly isBinary: boolean) {}

  *split(text: string): Generator<Bai2Record> {
    for (const line of this.#lines.split(text)) yield* this.#line(this.#decode(line));
  }

  *finish(): Generator<Bai2Record> {
    for (const line of this.#lines.finish()) yield* this.#line(this.#decode(line));
    if (this.#record) yield this.#record;
    this.#record = undefined;
  }

  #decode(line: string): string {
    return this.isBinary ? decodeLine(line) : line;
  }

  *#line(line: string): Generator<Bai2Record> {
    const parts = line.split(NEXT_RECORD_PATTERN);
    for (const [index, part] of parts.entries()) {
      if (part.trim() === '') continue;
      const closed = index < parts.length - 1 || /\/\s*$/.test(part);
      const text = index < parts.length - 1 ? part : part.replace(/\/?\s*$/, '');
      const code = RECORD_PATTERN.exec(part);
      if (code) {
        if (this.#record) yield this.#record;
        const segments = [text.slice(code[0].length)];
        this.#record = {
          code: code[1] ?? '',
          segments,
          segmentsTerminated: [closed],
          line: this.#lines.lineNumber,
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
        `line ${this.#lines.lineNumber}: ${JSON.stringify(part.slice(0, 40))} is no BAI2 record; expected one that begins with 01,`,
      );
    }
    record.raw.push(part);
    const code = CONTINUATION_PATTERN.exec(part);
    if (code) {
      record.segments.push(text.slice(code[0].length));
      record.segmentsTerminated.push(closed);
    } else {
      // A line without a record code continues a text that contained a line break.
      const last = record.segments.length - 1;
      record.segments[last] = `${record.segments[last]} ${text}`;
      record.segmentsTerminated[last] = closed;
    }
    if (record.raw.length > MAX_RECORD_LINES) {
      throw new StatementError(
        `line ${record.line}: record ${record.code} has more than ${MAX_RECORD_LINES} continuations; expected records of a statement`,
      );
    }
  }
}

/** Splits a record that has no text field into fields. The continuation records are included. */
export function splitFields(record: Bai2Record): string[] {
  return record.segments.flatMap((piece) => piece.split(',')).map((field) => field.trim());
}

/**
 * Reads the fields of a record one at a time, and then the text at its end. A record 16 ends with a text that may contain commas and
 * slashes.
 */
export class Bai2FieldReader {
  #segmentIndex = 0;
  #rest: string | undefined;

  constructor(private readonly record: Bai2Record) {
    this.#rest = record.segments[0];
  }

  next(): string {
    if (this.#rest === undefined) {
      this.#segmentIndex++;
      this.#rest = this.record.segments[this.#segmentIndex];
      if (this.#rest === undefined) return '';
    }
    const comma = this.#rest.indexOf(',');
    const field = comma === -1 ? this.#rest : this.#rest.slice(0, comma);
    this.#rest = comma === -1 ? undefined : this.#rest.slice(comma + 1);
    return field.trim();
  }

  /** Returns the next field without advancing the position. */
  peek(): string {
    const [segmentIndex, rest] = [this.#segmentIndex, this.#rest];
    const field = this.next();
    [this.#segmentIndex, this.#rest] = [segmentIndex, rest];
    return field;
  }

  hasMore(): boolean {
    return this.#rest !== undefined || this.#segmentIndex < this.record.segments.length - 1;
  }

  /** Skips the rest of the current physical record. */
  skipSegment(): void {
    this.#rest = undefined;
  }

  /** Returns the remaining text, one array element for each physical record. */
  remainingText(): string[] {
    const rest = this.record.segments.slice(this.#segmentIndex + 1);
    return (this.#rest === undefined ? rest : [this.#rest, ...rest])
      .map((text) => text.trim())
      .filter(Boolean);
  }
}
