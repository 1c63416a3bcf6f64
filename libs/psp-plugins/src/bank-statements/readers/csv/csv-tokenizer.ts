/** Splits the text of a CSV file into rows of cells. Source: RFC 4180, with other delimiters and line ends. */
import { StatementError } from '../../statements/statement.types.js';
import { MAX_RAW_LENGTH } from '../statement-reader.js';

export interface CsvRow {
  /** The values without quotes and without blanks at both ends. */
  cells: string[];
  /** The number of the line in which the row begins, from 1. */
  line: number;
  /** The source text of the row, with its line break. */
  source: string;
}

/** The maximum number of characters of a row. A longer row almost always means a quote that is never closed. */
const MAX_ROW_LENGTH = 1 << 18;

/** Returns the source text of a row for messages and for the quarantine, shortened. */
export function shortenSource({ source }: CsvRow): string {
  return source.slice(0, MAX_RAW_LENGTH).trimEnd();
}

export class CsvTokenizer {
  private readonly cellPattern: RegExp;
  private rest = '';
  private line = 1;

  constructor(
    private readonly delimiter: string,
    private readonly quote: string,
    /** The number of lines at the beginning that are not split into cells. */
    private linesToSkip: number,
  ) {
    this.cellPattern = new RegExp(`[^${delimiter === '|' ? '\\|' : delimiter}\\r\\n]*`, 'y');
  }

  /**
   * Splits the next text.
   * @returns the rows that are complete
   * @throws StatementError if a quoted value is broken
   */
  split(text: string): CsvRow[] {
    return this.readRows(this.rest + text, false);
  }

  /**
   * Ends the text.
   * @throws StatementError if a quoted value has no end
   */
  finish(): CsvRow[] {
    return this.readRows(this.rest, true);
  }

  private readRows(text: string, isEnd: boolean): CsvRow[] {
    const rows: CsvRow[] = [];
    let at = this.skipLines(text, isEnd);
    while (this.linesToSkip === 0 && at < text.length) {
      const row = this.readRow(text, at, isEnd);
      if (!row) break;
      rows.push({ cells: row.cells, line: this.line, source: text.slice(at, row.end) });
      this.line += countLineBreaks(text, at, row.end);
      at = row.end;
    }
    this.rest = text.slice(at);
    if (this.rest.length > MAX_ROW_LENGTH)
      throw new StatementError(
        `line ${this.line}: the row has more than ${MAX_ROW_LENGTH >> 10} kB; expected a line break, so a quote may be missing`,
      );
    return rows;
  }

  /**
   * Splits the source text of one row again.
   * @param line the number of the line in which the row begins
   */
  readAgain(source: string, line: number): CsvRow {
    return { cells: this.readRow(source, 0, true)?.cells ?? [], line, source };
  }

  private skipLines(text: string, isEnd: boolean): number {
    let at = 0;
    while (this.linesToSkip > 0) {
      const end = findLineEnd(text, at, isEnd);
      if (end === undefined) break;
      at = end;
      this.linesToSkip--;
      this.line++;
    }
    return at;
  }

  /** Reads one row. Returns `undefined` if its end is not in the text yet. */
  private readRow(text: string, from: number, isEnd: boolean): { cells: string[]; end: number } | undefined {
    const cells: string[] = [];
    for (let at = from; ; at++) {
      const cell =
        this.quote !== '' && text[at] === this.quote
          ? this.readQuoted(text, at, isEnd)
          : this.readPlain(text, at);
      if (!cell) return undefined;
      cells.push(cell.value.trim());
      at = cell.end;
      if (at >= text.length) return isEnd ? { cells, end: at } : undefined;
      if (text[at] === this.delimiter) continue;
      const end = findLineEnd(text, at, isEnd);
      return end === undefined ? undefined : { cells, end };
    }
  }

  private readPlain(text: string, at: number): { value: string; end: number } {
    this.cellPattern.lastIndex = at;
    const [value = ''] = this.cellPattern.exec(text) ?? [];
    return { value, end: at + value.length };
  }

  private readQuoted(text: string, from: number, isEnd: boolean): { value: string; end: number } | undefined {
    let value = '';
    for (let at = from + 1; ;) {
      const close = text.indexOf(this.quote, at);
      if (close < 0) {
        if (!isEnd) return undefined;
        throw new StatementError(
          `line ${this.line}: a quoted value of the row that begins here has no end; expected ${this.quote}`,
        );
      }
      value += text.slice(at, close);
      if (text[close + 1] === this.quote) {
        value += this.quote;
        at = close + 2;
        continue;
      }
      const next = text[close + 1];
      if (next === undefined && !isEnd) return undefined;
      if (next !== undefined && next !== this.delimiter && next !== '\r' && next !== '\n')
        throw new StatementError(
          `line ${this.line}: ${JSON.stringify(next)} follows the end of a quoted value; expected the delimiter ${JSON.stringify(this.delimiter)} or a line break`,
        );
      return { value, end: close + 1 };
    }
  }
}

/** Returns the position behind the next line break. A carriage return at the end of the text may be the first half of a line break. */
function findLineEnd(text: string, from: number, isEnd: boolean): number | undefined {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\n') return at + 1;
    if (text[at] !== '\r') continue;
    if (at + 1 === text.length && !isEnd) return undefined;
    return text[at + 1] === '\n' ? at + 2 : at + 1;
  }
  return isEnd ? text.length : undefined;
}

function countLineBreaks(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at++)
    if (text[at] === '\n' || (text[at] === '\r' && text[at + 1] !== '\n')) count++;
  return count;
}
