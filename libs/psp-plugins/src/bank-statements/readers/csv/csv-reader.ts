/**
 * Reads a CSV export with a declared mapping. The source texts of all rows are kept until the end, because only all rows together show the
 * days and balances. Each row is converted twice: first to check it and to find its day and balance, and at the end to create its entries.
 * So the entries of only one row are in memory.
 */
import type { Entry, StatementEvent } from '../../statements/statement.types.js';
import { StatementError } from '../../statements/statement.types.js';
import { quoteValue } from '../value-parsers.js';
import { CsvColumnPositions, hasColumn } from './csv-columns.js';
import { createDayStatements, createEmptyStatement } from './csv-day-statements.js';
import { CsvDecoder } from './csv-decoder.js';
import type { CsvMapping } from './csv-mapping.types.js';
import { CsvRowConverter } from './csv-row-converter.js';
import { CsvRowTable } from './csv-row-table.js';
import { CsvTokenizer, shortenSource } from './csv-tokenizer.js';
import type { CsvRow } from './csv-tokenizer.js';

/** The maximum number of rows of a file. A row needs about 70 bytes of memory and the bytes of its text. */
const MAX_ROWS = 250_000;
/** The number of rows at the beginning of a file in which the header is searched. Some banks write the account and the period before it. */
const MAX_HEADER_ROWS = 50;

export class CsvReader {
  private readonly decoder: CsvDecoder;
  private readonly tokenizer: CsvTokenizer;
  private converter: CsvRowConverter | undefined;
  private columns: CsvColumnPositions | undefined;
  private firstRow: CsvRow | undefined;
  private searchedRowCount = 0;
  private rowCount = 0;
  private readonly rows = new CsvRowTable();

  constructor(private readonly mapping: CsvMapping) {
    this.decoder = new CsvDecoder(mapping.encoding);
    this.tokenizer = new CsvTokenizer(mapping.delimiter, mapping.quote, mapping.skipLines);
    if (!mapping.hasHeader) this.begin(undefined);
  }

  /**
   * Reads the next bytes.
   * @throws StatementError if the file does not fit the mapping
   */
  write(bytes: Uint8Array): StatementEvent[] {
    for (const row of this.tokenizer.split(this.decoder.decode(bytes))) this.addRow(row);
    return [];
  }

  /**
   * Ends the file.
   * @returns the events of all statements
   * @throws StatementError if the file does not fit the mapping
   */
  *end(): Generator<StatementEvent> {
    for (const row of this.tokenizer.split(this.decoder.decode())) this.addRow(row);
    for (const row of this.tokenizer.finish()) this.addRow(row);
    const { converter } = this;
    if (!converter) this.rejectMissingHeader();
    const readEntries = (index: number): Entry[] => {
      const { line, number } = this.rows.get(index);
      return converter.convert(this.tokenizer.readAgain(this.rows.getSource(index), line), number).entries;
    };
    const { account, currency } = this.mapping;
    if (this.rows.length > 0) yield* createDayStatements(this.rows, readEntries);
    else if (account === undefined) throw new StatementError('the file has a header and no rows');
    else yield* createEmptyStatement(account, currency);
  }

  private addRow(row: CsvRow): void {
    if (!this.converter || !this.columns) return this.findHeader(row);
    this.rowCount++;
    if (this.columns.isIgnored(row)) return;
    if (this.rows.length >= MAX_ROWS)
      throw new StatementError(`the file has more than ${MAX_ROWS} rows; export shorter periods`);
    this.rows.add(this.converter.convert(row, this.rowCount).summary, row.source);
  }

  private findHeader(row: CsvRow): void {
    this.firstRow ??= row;
    const { date } = this.mapping.columns;
    if (date !== undefined && hasColumn(row, date)) return this.begin(row);
    if (++this.searchedRowCount >= MAX_HEADER_ROWS) this.rejectMissingHeader();
  }

  private begin(header: CsvRow | undefined): void {
    this.columns = new CsvColumnPositions(this.mapping, header);
    this.converter = new CsvRowConverter(this.mapping, this.columns);
  }

  private rejectMissingHeader(): never {
    const { date } = this.mapping.columns;
    const found = this.firstRow
      ? `line ${this.firstRow.line} is ${quoteValue(shortenSource(this.firstRow))}, split into ${this.firstRow.cells.length} columns`
      : 'the file has no rows';
    throw new StatementError(
      `there is no header with the column ${quoteValue(String(date))} (columns.date of the CSV mapping); ${found}. ` +
        'Correct the mapping (`columns`, `delimiter`, `quote`, `skipLines`), or the pattern `files` if the file has another form',
    );
  }
}
