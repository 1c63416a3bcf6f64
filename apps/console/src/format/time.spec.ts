import { formatAxisTimes, formatDuration, formatRelativeTime, formatTime, formatUtc } from './time';

const TIME = Date.UTC(2026, 10, 28, 0, 4, 5);

it('formats a time in a time zone, and in UTC', () => {
  expect(formatTime(TIME, 'UTC')).toBe('2026-11-28 00:04:05');
  expect(formatTime(TIME, 'America/New_York')).toBe('2026-11-27 19:04:05');
  expect(formatUtc(TIME)).toBe('2026-11-28T00:04:05.000Z');
});

it('formats a time in the time zone of the machine', () => {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  for (const time of [TIME, Date.UTC(2026, 6, 1, 12), Date.UTC(1999, 11, 31, 23, 59, 59), Date.UTC(33, 0, 2)])
    expect(formatTime(time)).toBe(formatTime(time, timeZone));
});

it.each([
  [0, '0 ms'],
  [850.4, '850 ms'],
  [5_000, '5 s'],
  [200_000, '3 min 20 s'],
  [3_600_000, '1 h'],
  [187_200_000, '2 d 4 h'],
])('formats %d ms as %s', (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text);
});

it('formats the past and the future', () => {
  expect(formatRelativeTime(TIME - 200_000, TIME)).toBe('3 min 20 s ago');
  expect(formatRelativeTime(TIME + 5_000, TIME)).toBe('in 5 s');
  expect(formatRelativeTime(TIME + 999, TIME)).toBe('now');
});

describe('the marks of a time axis', () => {
  const axis = (distanceMs: number, count: number) =>
    formatAxisTimes(
      Array.from({ length: count }, (_, index) => Date.UTC(2026, 10, 28, 22) + index * distanceMs),
      distanceMs,
      'UTC',
    );

  it('have 24 hours, and the date at the first mark of a day', () => {
    expect(axis(3_600_000, 4)).toEqual(['22:00\n2026-11-28', '23:00', '00:00\n2026-11-29', '01:00']);
  });

  it('have seconds if they are closer than a minute, but no parts of a second', () => {
    expect(axis(30_000, 2)).toEqual(['22:00:00\n2026-11-28', '22:00:30']);
    expect(axis(500, 3)).toEqual(['22:00:00\n2026-11-28', '', '22:00:01']);
  });

  it('have the date only if they are days apart', () => {
    expect(axis(86_400_000, 2)).toEqual(['2026-11-28', '2026-11-29']);
  });
});
