/** Times: RFC 3339 on the wire and between the rooms; milliseconds since 1970 where they are compared. */
import { RefusedError } from './errors.js';

const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9})\d*)?(Z|z|[+-]\d{2}:\d{2})$/;

export interface Instant {
  /** Whole milliseconds since 1970. */
  milliseconds: number;
  /** What is left below the millisecond, in nanoseconds: 0 … 999 999. */
  nanoseconds: number;
}

/** @returns `undefined` unless it is an RFC 3339 time with a zone that exists in the calendar (no 30 February, no 25 o'clock). */
export function parseTime(text: string): Instant | undefined {
  const match = RFC3339.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', zone = ''] = match;
  const offset = zoneMinutes(zone);
  // A leap second is the first moment of the next minute.
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

/** Milliseconds → `2026-03-04T05:06:07.089Z`: always three digits, so that it has digits below the second. */
export function formatTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

const EARLIEST = Date.UTC(1970, 0, 1);
const LATEST = Date.UTC(9999, 11, 31);

/**
 * An RFC 3339 time in UTC, as precise as it was given.
 * @throws RefusedError when it is none, or outside 1970 … 9999: clients take earlier ones for "no time at all".
 */
export function utcTime(text: unknown, what: string): { text: string; milliseconds: number } {
  const instant = typeof text === 'string' ? parseTime(text) : undefined;
  if (!instant || instant.milliseconds < EARLIEST || instant.milliseconds > LATEST) {
    const found = typeof text === 'string' ? JSON.stringify(text.slice(0, 64)) : `of type ${typeof text}`;
    throw new RefusedError(`${what} ${found} is not an RFC 3339 time with a zone between 1970 and 9999`);
  }
  const served = formatTime(instant.milliseconds);
  const rest =
    instant.nanoseconds === 0 ? '' : String(instant.nanoseconds).padStart(6, '0').replace(/0+$/, '');
  return {
    text: rest === '' ? served : `${served.slice(0, -1)}${rest}Z`,
    milliseconds: instant.milliseconds,
  };
}

function zoneMinutes(zone: string): number | undefined {
  if (zone === 'Z' || zone === 'z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone[0] === '-' ? -1 : 1) * (hours * 60 + minutes);
}
