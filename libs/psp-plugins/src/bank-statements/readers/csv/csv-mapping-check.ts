/** Checks a mapping of the deployment file for contradictions and missing parts. */
import { describeDateFormatProblem } from './csv-date-parser.js';
import { resolveCsvMapping } from './csv-mapping-resolver.js';
import { CSV_COLUMN_NAMES } from './csv-mapping.types.js';
import type { CsvMapping, PartialCsvMapping } from './csv-mapping.types.js';

/**
 * Returns the first problem of a mapping, as the end of a sentence that begins with its columns.
 * @returns `undefined` if files can be read with the mapping
 */
export function describeMappingProblem(given: PartialCsvMapping): string | undefined {
  const mapping = resolveCsvMapping(given);
  return describeMissingPart(mapping) ?? describeContradiction(mapping);
}

function describeMissingPart({ columns, account, currency, dateFormat }: CsvMapping): string | undefined {
  if (columns.date === undefined) return 'the mapping needs the column `date`';
  if (dateFormat === '') return 'the mapping needs `dateFormat`, e.g. dd.MM.yyyy';
  const hasBothSides = columns.debit !== undefined && columns.credit !== undefined;
  if (columns.amount === undefined && !hasBothSides)
    return 'the mapping needs the column `amount`, or the columns `debit` and `credit`';
  if (columns.account === undefined && account === undefined)
    return 'the mapping needs `account`, or the column `account`';
  if (columns.currency === undefined && currency === undefined)
    return 'the mapping needs `currency`, or the column `currency`';
  return undefined;
}

function describeContradiction(mapping: CsvMapping): string | undefined {
  const { columns, hasHeader, decimalMark, thousandsMark } = mapping;
  const hasSide = columns.debit !== undefined || columns.credit !== undefined;
  if (columns.amount !== undefined && hasSide)
    return 'the mapping has the column `amount`, so it must not have the columns `debit` and `credit`';
  if (columns.direction !== undefined && columns.amount === undefined)
    return 'the column `direction` belongs to the column `amount`, which is absent';
  if (
    columns.direction !== undefined &&
    (mapping.debitWords.length === 0 || mapping.creditWords.length === 0)
  )
    return 'the column `direction` needs `debitWords` and `creditWords`';
  if (thousandsMark !== undefined && decimalMark === undefined) return '`thousandsMark` needs `decimalMark`';
  if (thousandsMark !== undefined && thousandsMark === decimalMark)
    return '`thousandsMark` and `decimalMark` must differ';
  const named = [...CSV_COLUMN_NAMES.map((name) => columns[name]), ...(columns.text ?? [])].find(
    (column) => typeof column === 'string',
  );
  if (!hasHeader && named !== undefined)
    return `the file has no header (\`hasHeader\` is false), so the column ${JSON.stringify(named)} must be a number`;
  return (
    describeDateFormatProblem(mapping.dateFormat, 'dateFormat', true) ??
    describeDateFormatProblem(mapping.timeFormat, 'timeFormat', false)
  );
}
