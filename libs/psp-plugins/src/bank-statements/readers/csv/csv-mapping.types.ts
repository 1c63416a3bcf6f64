/** A complete CSV mapping. It is plain data, so that it can be passed to the thread that parses a large file. */

/** A column: its name in the header, or its number, counted from 1. */
export type CsvColumn = string | number;

export const CSV_ENCODINGS = ['utf-8', 'latin1', 'windows-1252', 'windows-1250', 'cp852', 'cp850'] as const;
export type CsvEncoding = (typeof CSV_ENCODINGS)[number];

/** The columns with one value. `text` is separate, because it may consist of several columns. */
export const CSV_COLUMN_NAMES = [
  'date',
  'time',
  'valueDate',
  'amount',
  'debit',
  'credit',
  'direction',
  'fee',
  'currency',
  'account',
  'balance',
  'id',
  'reference',
  'endToEndId',
  'counterparty',
  'counterpartyAccount',
  'counterpartyBic',
  'type',
] as const;
export type CsvColumnName = (typeof CSV_COLUMN_NAMES)[number];

export type CsvColumns = Partial<Record<CsvColumnName, CsvColumn>> & { text?: CsvColumn[] };

/** Selects the rows whose value in the column matches one of the values. `*` stands for any characters, and `?` for one character. */
export interface CsvRowRule {
  column: CsvColumn;
  values: readonly string[];
}

export interface CsvMapping {
  /** The names of the files, with `*` for any characters. */
  files: string;
  account?: string;
  currency?: string;
  encoding: CsvEncoding;
  delimiter: string;
  /** The quote character. It is empty if values are never quoted. */
  quote: string;
  skipLines: number;
  hasHeader: boolean;
  ignoreRows: readonly CsvRowRule[];
  dateFormat: string;
  timeFormat: string;
  timeZone?: string;
  decimalMark?: string;
  thousandsMark?: string;
  debitWords: readonly string[];
  creditWords: readonly string[];
  hasNegativeDebits: boolean;
  feeSign: 'deducted' | 'signed';
  columns: CsvColumns;
}

/** A mapping in the deployment file, or a preset. The absent parts have defaults, or come from the preset. */
export type PartialCsvMapping = {
  [Key in Exclude<keyof CsvMapping, 'encoding' | 'files'>]?: CsvMapping[Key] | undefined;
} & {
  files?: string | undefined;
  encoding?: string | undefined;
  preset?: string | undefined;
};
