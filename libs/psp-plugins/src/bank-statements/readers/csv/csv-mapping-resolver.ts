/** Combines a mapping of the deployment file with its preset and the defaults, and finds the mapping for a file. */
import { matchesGlob } from '../glob.js';
import type { CsvMapping, PartialCsvMapping, CsvEncoding } from './csv-mapping.types.js';
import { CSV_PRESETS } from './csv-presets.js';

/**
 * Returns the complete mapping. A value of the deployment file replaces the value of the preset. The rules for ignored rows are added to
 * the rules of the preset.
 */
export function resolveCsvMapping(given: PartialCsvMapping): CsvMapping {
  const preset = (given.preset === undefined ? undefined : CSV_PRESETS[given.preset]) ?? {};
  const merged: PartialCsvMapping = { ...preset, ...omitAbsent(given) };
  return {
    files: merged.files ?? '*.csv',
    ...(merged.account !== undefined && { account: merged.account.replaceAll(' ', '') }),
    ...(merged.currency !== undefined && { currency: merged.currency }),
    encoding: (merged.encoding ?? 'utf-8') as CsvEncoding,
    delimiter: merged.delimiter ?? ',',
    quote: merged.quote ?? '"',
    skipLines: merged.skipLines ?? 0,
    hasHeader: merged.hasHeader ?? true,
    ignoreRows: [...(preset.ignoreRows ?? []), ...(given.ignoreRows ?? [])].map(({ column, values }) => ({
      column,
      values,
    })),
    dateFormat: merged.dateFormat ?? '',
    timeFormat: merged.timeFormat ?? 'HH:mm:ss',
    ...(merged.timeZone !== undefined && { timeZone: merged.timeZone }),
    ...(merged.decimalMark !== undefined && { decimalMark: merged.decimalMark }),
    ...(merged.thousandsMark !== undefined && { thousandsMark: merged.thousandsMark }),
    debitWords: merged.debitWords ?? [],
    creditWords: merged.creditWords ?? [],
    hasNegativeDebits: merged.hasNegativeDebits ?? false,
    feeSign: merged.feeSign ?? 'deducted',
    columns: { ...preset.columns, ...omitAbsent(given.columns ?? {}) },
  };
}

function omitAbsent<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}

/**
 * Returns the first mapping whose `files` match the name. The ending `.gz` of a compressed file does not count.
 * @param fileName the name of the file, or of a file in an archive. A path before the name does not count
 */
export function findCsvMapping(mappings: readonly CsvMapping[], fileName: string): CsvMapping | undefined {
  const name = fileName.replace(/^.*\//, '').replace(/\.gz$/i, '');
  return mappings.find(({ files }) => matchesGlob(name, files));
}
