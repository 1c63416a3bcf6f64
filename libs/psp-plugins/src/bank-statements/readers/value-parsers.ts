/** Parses the dates, decimal numbers and identifiers of statements. The functions return `undefined` if the format is invalid. */
import { getCurrencyDecimals } from '@tributary/connector-api';

const DECIMAL_PATTERN = /^(?:\d{1,30}(?:\.\d{0,12})?|\.\d{1,12})$/;
const ISO_DATE_PATTERN =
  /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?\d*)?(Z|[+-]\d{2}:\d{2})?$/;
const SCALE_DIGITS = 12;

/** Returns true for a decimal number: `12.50`, `114.`, `.5`. A sign, an exponent and separators of thousands are not allowed. */
export function isDecimal(text: string): boolean {
  return DECIMAL_PATTERN.test(text);
}

/**
 * Converts a decimal number to an integer with a fixed scale: `12.5` → 12 500 000 000 000n. The scale is the same for all currencies, so
 * that sums are exact.
 */
export function toScaledInteger(decimal: string): bigint {
  const [whole = '', fraction = ''] = decimal.split('.');
  return BigInt(whole + fraction.padEnd(SCALE_DIGITS, '0'));
}

/** Converts a scaled integer back to a decimal number, for messages. */
export function formatScaledInteger(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(SCALE_DIGITS + 1, '0');
  const fraction = digits.slice(-SCALE_DIGITS).replace(/0+$/, '').padEnd(2, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -SCALE_DIGITS)}.${fraction}`;
}

export function getDaysInMonth(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

/**
 * Formats a date.
 * @returns `YYYY-MM-DD`, or `undefined` if the day does not exist or a part is not a number
 */
export function formatCalendarDate(year: number, month: number, day: number): string | undefined {
  // The parts are checked first, because a comparison with NaN is always false.
  if (!Number.isInteger(year) || !Number.isInteger(month) || !Number.isInteger(day)) return undefined;
  if (year < 0 || year > 9999 || month < 1 || month > 12) return undefined;
  if (day < 1 || day > getDaysInMonth(year, month)) return undefined;
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

/**
 * Returns true if a date means "no date". Some programs write the first day of their calendar for an empty date; .NET writes 0001-01-01.
 */
export function isEmptyDate(text: string): boolean {
  return /^0{3}[01]-/.test(text);
}

/**
 * Resolves a value date. Banks that count 30 days in every month write 30 February. Such a date is changed to the last day of the month,
 * and `asFound` contains the original date.
 * @returns `undefined` if the text is not a date
 */
export function resolveValueDate(
  year: number,
  month: number,
  day: number,
  found: string,
): { date: string; asFound?: string } | undefined {
  const date = formatCalendarDate(year, month, day);
  if (date !== undefined) return { date };
  const last =
    day <= 31 ? formatCalendarDate(year, month, Math.min(day, getDaysInMonth(year, month))) : undefined;
  return last === undefined ? undefined : { date: last, asFound: found };
}

/** Returns the full year for a year of two digits. As in SWIFT, 80 … 99 mean 1980 … 1999, and smaller numbers mean 20xx. */
export function toFullYear(twoDigits: string): number {
  const year = Number(twoDigits);
  return year >= 80 ? 1900 + year : 2000 + year;
}

/**
 * Parses a date, or a date with a time and an optional zone: `2014-12-31`, `2014-12-31+01:00`. The zone of a date without a time is
 * ignored.
 */
export function parseIsoDateOrTime(text: string): string | undefined {
  const match = ISO_DATE_PATTERN.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', zone = ''] = match;
  const date = formatCalendarDate(Number(year), Number(month), Number(day));
  if (date === undefined || hour === undefined) return date;
  // 24:00:00 is the end of the day, so the time is converted to the date.
  if (hour === '24') return minute === '00' && second === '00' ? date : undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  return `${date}T${hour}:${minute}:${second}${fraction}${zone}`;
}

/** Returns true if a text is a valid IBAN. It checks the format, the length and the check digits (ISO 13616). */
export function isIban(text: string): boolean {
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(text)) return false;
  const digits = (text.slice(4) + text.slice(0, 4)).replace(/[A-Z]/g, (letter) =>
    String(letter.charCodeAt(0) - 55),
  );
  let rest = 0;
  for (const digit of digits) rest = (rest * 10 + Number(digit)) % 97;
  return rest === 1;
}

export function isBic(text: string): boolean {
  return /^[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?$/.test(text);
}

/** Returns true if a reference is a placeholder for "no reference". */
export function isPlaceholderReference(reference: string): boolean {
  return /^(?:NOT ?PROVIDED|NONREF|NOREF|[KE]REF\+?)?$/.test(reference);
}

/** Matches whole numbers with groups of thousands that all have the same separator: `1.250.000`, `1,250,000`. */
const GROUPED_INTEGER_PATTERN = /^\d{1,3}(?:([.,])\d{3})(?:\1\d{3})+$/;
/** Matches numbers in which the groups of thousands have one separator and the decimals have another: `1.250,00`, `1,250.00`. */
const GROUPED_DECIMAL_PATTERN = /^\d{1,3}(?:\.\d{3})+,\d*$|^\d{1,3}(?:,\d{3})+\.\d*$/;

/**
 * Parses an amount of a bank that may group thousands: `1250`, `12,50`, `12.50`, `1.250,00`, `1,250.00`. A single comma is the decimal
 * separator. `isAmbiguous` is true if the only separator is a point before three digits, because `1.250` may mean 1250 or 1.25.
 * @returns a decimal number with a point, or `undefined` if the text is not an amount
 */
export function parseGroupedDecimal(text: string): { decimal: string; isAmbiguous: boolean } | undefined {
  const decimal = GROUPED_INTEGER_PATTERN.test(text)
    ? text.replace(/[.,]/g, '')
    : GROUPED_DECIMAL_PATTERN.test(text)
      ? text.replace(/[.,](?=.*[.,])/g, '').replace(',', '.')
      : text.replace(',', '.');
  return isDecimal(decimal) ? { decimal, isAmbiguous: /^\d+\.\d{3}$/.test(text) } : undefined;
}

/**
 * Returns why an amount without a balance to prove it could mean two sums: a comma or point before three digits may group thousands, if the
 * currency has fewer than three decimals. `1,250` EUR may mean 1250 or 1.25; `0,500` and `0012,500` have no group of thousands.
 * @returns `undefined` if the amount is clear
 */
export function describeGroupingAmbiguity(text: string, currency: string): string | undefined {
  const [, whole, group] = /^[+-]?([1-9]\d{0,2})[.,](\d{3})$/.exec(text) ?? [];
  if (whole === undefined || (getCurrencyDecimals(currency) ?? 0) >= 3) return undefined;
  return `the amount ${text} may mean ${whole}.${group} or ${whole}${group}, and no balance of the file decides it`;
}

/** Replaces white space between words by one space, and removes it at the ends. The result is `undefined` if no text is left. */
export function collapseWhitespace(text: string): string | undefined {
  const tidied = text.replace(/\s+/g, ' ').trim();
  return tidied === '' ? undefined : tidied;
}

/** Quotes a value for an error message and shortens it. */
export function quoteValue(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
