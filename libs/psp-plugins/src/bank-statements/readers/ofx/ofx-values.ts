/** Parses dates of OFX. */
import { toCalendarDate } from '../value-parsers.js';

const DATE_PATTERN = /^(\d{4})(\d{2})(\d{2})(?:\d{4,6}(?:\.\d{1,6})?)?(?:\[[^\]]*\])?$/;

/**
 * Returns the day as written: `20260304120000[-5:EST]` → `2026-03-04`. Many banks write noon or midnight of another zone, so
 * the time says nothing about the booking.
 * @returns `undefined` if it is no date
 */
export function parseOfxDate(text: string): string | undefined {
  const [, year, month, day] = DATE_PATTERN.exec(text.trim()) ?? [];
  return year === undefined ? undefined : toCalendarDate(Number(year), Number(month), Number(day));
}
