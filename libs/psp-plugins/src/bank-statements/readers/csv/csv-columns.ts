/** Finds the columns of a mapping in the header of a file, and reads the values of a row. */
import { StatementError } from '../../statements/statement.types.js';
import { quoteValue } from '../value-parsers.js';
import type { CsvColumn, CsvColumnName, CsvMapping } from './csv-mapping.types.js';
import { CSV_COLUMN_NAMES } from './csv-mapping.types.js';
import type { CsvRow } from './csv-tokenizer.js';
import { matchesGlob } from '../glob.js';

/** The position of a column in a row, from 0, and its name for messages. */
interface ColumnPosition {
  index: number;
  label: string;
}

export class CsvColumnPositions {
  private readonly byName = new Map<CsvColumnName, ColumnPosition>();
  private readonly text: ColumnPosition[];
  private readonly rules: { position: ColumnPosition; values: readonly string[] }[];
  /** The number of columns in the header. It is undefined if the file has no header. */
  private readonly width: number | undefined;
  /** The number of values that a row needs so that every column of the mapping has one. */
  private readonly requiredWidth: number;

  /**
   * Finds the columns.
   * @param header the row with the names of the columns; absent if the file has no header
   * @throws StatementError if the header does not have a column of the mapping, or has it twice
   */
  constructor(mapping: CsvMapping, header: CsvRow | undefined) {
    const { columns, ignoreRows } = mapping;
    for (const name of CSV_COLUMN_NAMES) {
      const column = columns[name];
      if (column !== undefined) this.byName.set(name, findColumn(column, header, `columns.${name}`));
    }
    this.text = (columns.text ?? []).map((column) => findColumn(column, header, 'columns.text'));
    this.rules = ignoreRows.map(({ column, values }) => ({
      position: findColumn(column, header, 'ignoreRows'),
      values,
    }));
    this.width = header?.cells.length;
    this.requiredWidth = Math.max(0, ...[...this.byName.values()].map(({ index }) => index + 1));
  }

  /**
   * Returns the value of a column. The result is undefined if the mapping does not have the column, and empty if the row has no value.
   */
  read(row: CsvRow, name: CsvColumnName): string | undefined {
    const position = this.byName.get(name);
    return position && (row.cells[position.index] ?? '');
  }

  /** Returns the values of the text columns that are not empty. */
  readText(row: CsvRow): string[] {
    return this.text.map(({ index }) => row.cells[index] ?? '').filter((value) => value !== '');
  }

  /** Returns the name of the column in the file, for messages. */
  label(name: CsvColumnName): string {
    return this.byName.get(name)?.label ?? name;
  }

  /** Returns true if the row has no value at all, or if a rule of the mapping excludes the row. */
  isIgnored(row: CsvRow): boolean {
    if (row.cells.every((cell) => cell === '')) return true;
    return this.rules.some(({ position, values }) =>
      values.some((value) => matchesGlob(row.cells[position.index] ?? '', value)),
    );
  }

  /**
   * Checks the number of values of a row.
   * @returns a description of the difference; `undefined` if the row has as many values as the header. Empty values at the end do not count
   */
  describeWrongWidth({ cells }: CsvRow): string | undefined {
    const { width, requiredWidth } = this;
    const count = cells.findLastIndex((cell) => cell !== '') + 1;
    if (width !== undefined && count > width)
      return `it has ${count} values, and the header has ${width} columns; a value that contains the delimiter must be quoted`;
    return width === undefined && cells.length < requiredWidth
      ? `it has ${cells.length} values; the mapping expects at least ${requiredWidth}`
      : undefined;
  }
}

/**
 * Returns true if the row contains the name of the column. Case does not matter.
 */
export function hasColumn(row: CsvRow, column: CsvColumn): boolean {
  return typeof column === 'number' || row.cells.some((cell) => isSameName(cell, column));
}

function findColumn(column: CsvColumn, header: CsvRow | undefined, setting: string): ColumnPosition {
  if (typeof column === 'number') {
    if (header && column > header.cells.length)
      throw new StatementError(
        `line ${header.line}: the header has ${header.cells.length} columns; the CSV mapping expects column ${column} (${setting})`,
      );
    const name = header?.cells[column - 1];
    return { index: column - 1, label: name ? quoteValue(name) : String(column) };
  }
  if (!header)
    throw new StatementError(
      `the CSV mapping expects the column ${quoteValue(column)}, but the file has no header`,
    );
  const found = header.cells.flatMap((cell, index) => (isSameName(cell, column) ? [index] : []));
  const [index] = found;
  if (index === undefined)
    throw new StatementError(
      `line ${header.line}: the header has no column ${quoteValue(column)} (${setting} of the CSV mapping); found ${header.cells.map(quoteValue).join(', ').slice(0, 300)}`,
    );
  if (found.length > 1)
    throw new StatementError(
      `line ${header.line}: the header has the column ${quoteValue(column)} twice; set ${setting} of the CSV mapping to the number of the column`,
    );
  return { index, label: quoteValue(column) };
}

function isSameName(cell: string, name: string): boolean {
  return cell.toLowerCase() === name.trim().toLowerCase();
}
