/**
 * Handles times as Go does, the language of the clients: with nanoseconds, and with the zone in which they were served. Source: Go's
 * time.Time.UnmarshalJSON (strict RFC 3339 since Go 1.20) and time.Format(time.RFC3339).
 */

export interface GoTime {
  /** The whole seconds since 1970. */
  seconds: number;
  /** The nanoseconds of the second, 0 to 999 999 999. */
  nanoseconds: number;
  /** The offset of the zone in which the time was served, in minutes. */
  offsetMinutes: number;
}

/** Go's value for a time that was not sent: the beginning of the year 1. The engine rejects it as "missing". */
export const ZERO_TIME: GoTime = { seconds: -62135596800, nanoseconds: 0, offsetMinutes: 0 };

const RFC3339_PATTERN = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;

/**
 * Parses a time.
 * @returns `undefined` for a time that the client cannot decode: without a zone, with a comma or a lower-case letter, a leap second, 30
 * February
 */
export function parseGoTime(text: string): GoTime | undefined {
  const match = RFC3339_PATTERN.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const offset = match[8] === undefined ? 0 : Number(match[9]) * 60 + Number(match[10]);
  if (match[8] !== undefined && (Number(match[9]) > 23 || Number(match[10]) > 59)) return undefined;
  const offsetMinutes = match[8] === '-' ? -offset : offset;
  const date = new Date(Date.UTC(2000, month - 1, day, hour, minute, second));
  date.setUTCFullYear(year, month - 1, day);
  return {
    seconds: date.getTime() / 1000 - offsetMinutes * 60,
    nanoseconds: match[7] === undefined ? 0 : Number(match[7].slice(0, 9).padEnd(9, '0')),
    offsetMinutes,
  };
}

/** Compares two times, which can have different time zones. The result is negative if `a` is earlier. */
export function compareGoTimes(a: GoTime, b: GoTime): number {
  return a.seconds - b.seconds || a.nanoseconds - b.nanoseconds;
}

export function isZeroTime(time: GoTime): boolean {
  return compareGoTimes(time, ZERO_TIME) === 0;
}

/** Formats a time as the client sends it: truncated to whole seconds, in the served zone or in UTC. */
export function formatWholeSeconds(time: GoTime, zone: 'served' | 'utc'): string {
  return formatGoTime({ ...time, nanoseconds: 0 }, zone === 'utc' ? 0 : time.offsetMinutes);
}

/** Formats a time exactly, as it is stored between two calls (RFC3339Nano). */
export function formatExact(time: GoTime): string {
  return formatGoTime(time, time.offsetMinutes);
}

function formatGoTime({ seconds, nanoseconds }: GoTime, offset: number): string {
  const local = new Date((seconds + offset * 60) * 1000).toISOString().slice(0, 19);
  const fraction = nanoseconds === 0 ? '' : `.${String(nanoseconds).padStart(9, '0').replace(/0+$/, '')}`;
  return local + fraction + (offset === 0 ? 'Z' : formatZone(offset));
}

function formatZone(offset: number): string {
  const minutes = Math.abs(offset);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
