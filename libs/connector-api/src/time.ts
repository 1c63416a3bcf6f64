/**
 * Parses and formats times. APIs and libraries exchange times as RFC 3339 strings. Code that compares times uses milliseconds since 1970.
 */
import { InvalidRecordError } from './errors.js';

const RFC3339_PATTERN =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9})\d*)?(Z|z|[+-]\d{2}:\d{2})$/;

/** A point in time with nanosecond precision: `milliseconds` plus `nanoseconds`. */
export interface Instant {
  /** Whole milliseconds since 1970-01-01T00:00:00Z. */
  milliseconds: number;
  /** The remainder below one millisecond, in nanoseconds: 0 to 999 999. */
  nanoseconds: number;
}

/**
 * Parses an RFC 3339 time with a zone: `2026-03-04T05:06:07+01:00`.
 * @returns `undefined` for any other string, and for a time that does not exist (30 February, hour 25)
 */
export function parseTime(text: string): Instant | undefined {
  const match = RFC3339_PATTERN.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', zone = ''] = match;
  const offset = parseZoneMinutes(zone);
  // A leap second (`:60`) is treated as the first second of the next minute.
  const seconds = second === '60' ? 59 : Number(second);
  const local = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), seconds);
  const date = new Date(local);
  date.setUTCFullYear(Number(year));
  const exists =
    offset !== undefined &&
    date.getUTCMonth() === Number(month) - 1 &&
    date.getUTCDate() === Number(day) &&
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second) <= 60;
  if (!exists) return undefined;
  const nanoseconds = Number(fraction.padEnd(9, '0'));
  const leap = second === '60' ? 1000 : 0;
  return {
    milliseconds: date.getTime() + leap - offset * 60_000 + Math.floor(nanoseconds / 1e6),
    nanoseconds: nanoseconds % 1e6,
  };
}

/** Formats milliseconds since 1970 as RFC 3339 in UTC, always with three fractional digits: `2026-03-04T05:06:07.089Z`. */
export function formatTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

const MIN_TIME_MS = Date.UTC(1970, 0, 1);
const MAX_TIME_MS = Date.UTC(9999, 11, 31);

/** Returns true for an RFC 3339 time with a zone within the years that a record can contain, see `normalizeTime`. */
export function isValidTime(text: string): boolean {
  return parseTimeInRange(text) !== undefined;
}

function parseTimeInRange(text: string): Instant | undefined {
  const instant = parseTime(text);
  const isInRange =
    instant !== undefined && instant.milliseconds >= MIN_TIME_MS && instant.milliseconds <= MAX_TIME_MS;
  return isInRange ? instant : undefined;
}

/**
 * Validates an RFC 3339 time and converts it to UTC without losing precision: `2026-03-04T05:06:07.1234+01:00` →
 * `2026-03-04T04:06:07.1234Z`. The result also contains the time in whole milliseconds since 1970.
 * @param propertyName the name of the property, for the error message
 * @throws InvalidRecordError if the value is not an RFC 3339 time with a zone, or if it is outside the years 1970 to 9999, because clients
 * interpret earlier times as "no time"
 */
export function normalizeTime(value: unknown, propertyName: string): { text: string; milliseconds: number } {
  const instant = typeof value === 'string' ? parseTimeInRange(value) : undefined;
  if (!instant) {
    const found = typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : `of type ${typeof value}`;
    throw new InvalidRecordError(
      `${propertyName} ${found} is not an RFC 3339 time with a zone between 1970 and 9999`,
    );
  }
  const utc = formatTime(instant.milliseconds);
  const fraction =
    instant.nanoseconds === 0 ? '' : String(instant.nanoseconds).padStart(6, '0').replace(/0+$/, '');
  return {
    text: fraction === '' ? utc : `${utc.slice(0, -1)}${fraction}Z`,
    milliseconds: instant.milliseconds,
  };
}

function parseZoneMinutes(zone: string): number | undefined {
  if (zone === 'Z' || zone === 'z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone[0] === '-' ? -1 : 1) * (hours * 60 + minutes);
}
