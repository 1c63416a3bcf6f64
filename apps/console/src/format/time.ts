/** Formats times and durations for people. */

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The number of characters of the seconds in a formatted time, e.g. `:38`. */
const SECONDS_LENGTH = 3;

/**
 * Formats a time in the user's time zone, e.g. `2026-11-28 10:47:38`. It does not use `Intl`, because creating the first format of a page
 * takes 40 ms on a slow machine, and the first page shows many times.
 * @param timeZone another time zone, e.g. `UTC`
 */
export function formatTime(timeMs: number, timeZone?: string): string {
  if (timeZone !== undefined) return formatTimeInZone(timeMs, timeZone);
  const time = new Date(timeMs);
  const date = [padNumber(time.getFullYear(), 4), padNumber(time.getMonth() + 1), padNumber(time.getDate())];
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => padNumber(part));
  return `${date.join('-')} ${clock.join(':')}`;
}

function padNumber(value: number, digits = 2): string {
  return String(value).padStart(digits, '0');
}

function formatTimeInZone(timeMs: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat('en', {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZone,
  });
  const parts = format.formatToParts(timeMs);
  const get = (type: Intl.DateTimeFormatPartTypes) => parts.find((part) => part.type === type)?.value ?? '';
  return `${get('year')}-${get('month')}-${get('day')} ${get('hour')}:${get('minute')}:${get('second')}`;
}

/**
 * Formats the times of the marks on the axis of a chart, with 24 hours as in tables. The first mark of each day also has the date, in a
 * second line. A mark between two whole seconds has no text.
 * @param distanceMs the distance of two marks
 * @param timeZone another time zone than the user's, e.g. `UTC`
 */
export function formatAxisTimes(timesMs: readonly number[], distanceMs: number, timeZone?: string): string[] {
  let previousDate = '';
  return timesMs.map((timeMs) => {
    if (timeMs % SECOND_MS !== 0) return '';
    const [date = '', time = ''] = formatTime(timeMs, timeZone).split(' ');
    if (distanceMs >= DAY_MS) return date;
    const label = distanceMs < MINUTE_MS ? time : time.slice(0, -SECONDS_LENGTH);
    const isNewDate = date !== previousDate;
    previousDate = date;
    return isNewDate ? `${label}\n${date}` : label;
  });
}

/** Formats a time in UTC, e.g. `2026-11-28T10:47:38.000Z`. It is shown when the pointer is over a local time. */
export function formatUtc(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

/** Formats a duration in its two largest units, e.g. `3 min 20 s`, `2 d 4 h`, `850 ms`. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, Math.round(durationMs));
  if (ms < SECOND_MS) return `${ms} ms`;
  const units: readonly (readonly [string, number])[] = [
    ['d', DAY_MS],
    ['h', HOUR_MS],
    ['min', MINUTE_MS],
    ['s', SECOND_MS],
  ];
  const first = units.findIndex(([, size]) => ms >= size);
  let rest = ms;
  const words: string[] = [];
  for (const [name, size] of units.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) words.push(`${count} ${name}`);
  }
  return words.join(' ');
}

/** Formats the distance of a time from now, e.g. `3 min 20 s ago`, `in 5 s`, `now`. */
export function formatRelativeTime(timeMs: number, nowMs: number): string {
  const ageMs = nowMs - timeMs;
  if (Math.abs(ageMs) < SECOND_MS) return 'now';
  return ageMs > 0 ? `${formatDuration(ageMs)} ago` : `in ${formatDuration(-ageMs)}`;
}
