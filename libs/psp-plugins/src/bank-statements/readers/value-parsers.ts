/** Parses dates, decimals and identifiers of statements. The functions return `undefined` if the format is invalid. */

const DECIMAL_PATTERN = /^(?:\d{1,30}(?:\.\d{0,12})?|\.\d{1,12})$/;
const ISO_DATE_PATTERN =
  /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?\d*)?(Z|[+-]\d{2}:\d{2})?$/;
const SCALE_DIGITS = 12;

/** Accepts `12.50`, `114.` and `.5`, but no sign, exponent or separator of thousands. */
export function isDecimal(text: string): boolean {
  return DECIMAL_PATTERN.test(text);
}

/** Converts `12.5` to 12 500 000 000 000n. The scale is the same for all currencies, so that sums are exact. */
export function toScaledInteger(decimal: string): bigint {
  const [whole = '', fraction = ''] = decimal.split('.');
  return BigInt(whole + fraction.padEnd(SCALE_DIGITS, '0'));
}

/** Converts a scaled integer back to a decimal, for messages. */
export function formatScaledInteger(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(SCALE_DIGITS + 1, '0');
  const fraction = digits.slice(-SCALE_DIGITS).replace(/0+$/, '').padEnd(2, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -SCALE_DIGITS)}.${fraction}`;
}

export function daysInMonth(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

/** @returns `YYYY-MM-DD`, or `undefined` if the day does not exist or a part is not a number */
export function toCalendarDate(year: number, month: number, day: number): string | undefined {
  // A comparison with NaN is always false. So the function first checks that each part is a number.
  if (!Number.isInteger(year) || !Number.isInteger(month) || !Number.isInteger(day)) return undefined;
  if (year < 0 || year > 9999 || month < 1 || month > 12) return undefined;
  if (day < 1 || day > daysInMonth(year, month)) return undefined;
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

/**
 * Returns whether a date means "no date". Some programs write the first day of their calendar for an empty date; .NET writes 0001-01-01.
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
  const date = toCalendarDate(year, month, day);
  if (date !== undefined) return { date };
  const last = day <= 31 ? toCalendarDate(year, month, Math.min(day, daysInMonth(year, month))) : undefined;
  return last === undefined ? undefined : { date: last, asFound: found };
}

/** Completes a year of two digits. SWIFT reads 80 … 99 as 1980 … 1999. */
export function toFullYear(twoDigits: string): number {
  const year = Number(twoDigits);
  return year >= 80 ? 1900 + year : 2000 + year;
}

/**
 * Parses `2014-12-31`, `2014-12-31+01:00` (the zone of a date is ignored) or a date and time with an optional
 * zone.
 */
export function parseIsoDateOrTime(text: string): string | undefined {
  const match = ISO_DATE_PATTERN.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', zone = ''] = match;
  const date = toCalendarDate(Number(year), Number(month), Number(day));
  if (date === undefined || hour === undefined) return date;
  // The time 24:00:00 belongs to the day that ends at that time.
  if (hour === '24') return minute === '00' && second === '00' ? date : undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  return `${date}T${hour}:${minute}:${second}${fraction}${zone}`;
}

/** Checks format, length and check digits (ISO 13616). */
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

/** Returns whether a reference is a placeholder for "no reference". */
export function isPlaceholder(reference: string): boolean {
  return /^(?:NOT ?PROVIDED|NONREF|NOREF|[KE]REF\+?)?$/.test(reference);
}

/** Whole numbers with groups of thousands that all have the same separator: `1.250.000`, `1,250,000`. */
const GROUPED_INTEGER_PATTERN = /^\d{1,3}(?:([.,])\d{3})(?:\1\d{3})+$/;
/** Groups of thousands with one separator, then the other separator and the decimals: `1.250,00`, `1,250.00`. */
const GROUPED_DECIMAL_PATTERN = /^\d{1,3}(?:\.\d{3})+,\d*$|^\d{1,3}(?:,\d{3})+\.\d*$/;

/**
 * Parses an amount of a bank that may group thousands: `1250`, `12,50`, `12.50`, `1.250,00`, `1,250.00`. A single comma is the decimal
 * separator. `isAmbiguous` is true if the only separator is a point before three digits: `1.250` may be 1250 or 1.25.
 * @returns a decimal with a point, or `undefined` if the text is not an amount
 */
export function parseGroupedDecimal(text: string): { decimal: string; isAmbiguous: boolean } | undefined {
  const decimal = GROUPED_INTEGER_PATTERN.test(text)
    ? text.replace(/[.,]/g, '')
    : GROUPED_DECIMAL_PATTERN.test(text)
      ? text.replace(/[.,](?=.*[.,])/g, '').replace(',', '.')
      : text.replace(',', '.');
  return isDecimal(decimal) ? { decimal, isAmbiguous: /^\d+\.\d{3}$/.test(text) } : undefined;
}

/** Replaces each run of white space by one space and trims the ends. Returns `undefined` if the result is empty. */
export function collapseWhitespace(text: string): string | undefined {
  const tidied = text.replace(/\s+/g, ' ').trim();
  return tidied === '' ? undefined : tidied;
}

/** Quotes a value for an error message and shortens it. */
export function quoteValue(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
