/** Parses dates and amounts of OFX. */
import type { CreditDebit } from '../../statements/statement.types.js';
import { isDecimal, formatCalendarDate } from '../value-parsers.js';

const DATE_PATTERN = /^(\d{4})(\d{2})(\d{2})(?:\d{4,6}(?:\.\d{1,6})?)?(?:\[[^\]]*\])?$/;

/**
 * Returns the day as it is written: `20260304120000[-5:EST]` → `2026-03-04`. The time is ignored, because many banks write noon or midnight
 * of another time zone.
 * @returns `undefined` if the text is not a date
 */
export function parseOfxDate(text: string): string | undefined {
  const [, year, month, day] = DATE_PATTERN.exec(text.trim()) ?? [];
  return year === undefined ? undefined : formatCalendarDate(Number(year), Number(month), Number(day));
}

/**
 * Parses an amount with an optional sign: `-12,50` → `DBIT`, `12.50`. OFX has no separator for thousands, and the decimal separator is a
 * point or a comma.
 * @returns `undefined` if the text is not an amount
 */
export function parseOfxAmount(text: string): { creditDebit: CreditDebit; amount: string } | undefined {
  const amount = text.replace(/^[+-]/, '').replace(',', '.');
  return isDecimal(amount) ? { creditDebit: text.startsWith('-') ? 'DBIT' : 'CRDT', amount } : undefined;
}
