import fc from 'fast-check';
import { InvalidRecordError } from './errors.js';
import { formatTime, parseTime, normalizeTime } from './time.js';

const LATEST = Date.UTC(9999, 11, 30);
const moments = fc.integer({ min: 0, max: LATEST });

test('every time comes back, in every time zone', () => {
  fc.assert(
    fc.property(moments, fc.integer({ min: -1439, max: 1439 }), (milliseconds, offset) => {
      expect(parseTime(formatTime(milliseconds))).toEqual({ milliseconds, nanoseconds: 0 });
      const local = formatTime(milliseconds + offset * 60_000).slice(0, -1);
      const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
      const zone = `${offset < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
      if (!/^\d{4}-/.test(local)) return;
      expect(parseTime(`${local}${zone}`)).toEqual({ milliseconds, nanoseconds: 0 });
    }),
  );
});

test('a served time is as precise as the given one, in UTC, and stays the same when it is served again', () => {
  fc.assert(
    fc.property(moments, fc.integer({ min: 0, max: 999_999 }), (milliseconds, nanoseconds) => {
      const given = `${formatTime(milliseconds).slice(0, -1)}${String(nanoseconds).padStart(6, '0')}Z`;
      const served = normalizeTime(given, 'createdAt');
      expect(served.milliseconds).toBe(milliseconds);
      expect(served.text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,9}Z$/);
      expect(parseTime(served.text)).toEqual({ milliseconds, nanoseconds });
      expect(normalizeTime(served.text, 'createdAt')).toEqual(served);
    }),
  );
});

test.each([
  ['2026-03-04T05:06:07Z', '2026-03-04T05:06:07.000Z'],
  ['2026-03-04t05:06:07z', '2026-03-04T05:06:07.000Z'],
  ['2026-03-04 05:06:07Z', '2026-03-04T05:06:07.000Z'],
  ['2026-03-04T05:06:07.1+01:00', '2026-03-04T04:06:07.100Z'],
  ['2026-03-04T05:06:07.123456789Z', '2026-03-04T05:06:07.123456789Z'],
  ['2026-03-04T05:06:07.1234567899999Z', '2026-03-04T05:06:07.123456789Z'],
  ['2026-03-04T05:06:07.000000100Z', '2026-03-04T05:06:07.0000001Z'],
  ['2026-12-31T23:30:00-14:00', '2027-01-01T13:30:00.000Z'],
  ['2026-01-01T00:00:00+23:59', '2025-12-31T00:01:00.000Z'],
  ['2026-01-01T00:00:00-00:00', '2026-01-01T00:00:00.000Z'],
  ['2024-02-29T12:00:00Z', '2024-02-29T12:00:00.000Z'],
  ['2000-02-29T12:00:00Z', '2000-02-29T12:00:00.000Z'],
  ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
  ['2016-12-31T23:59:60.25Z', '2017-01-01T00:00:00.250Z'],
  ['2017-01-01T00:59:60+01:00', '2017-01-01T00:00:00.000Z'],
  ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
])('%s is served as %s', (given, served) => {
  expect(normalizeTime(given, 'createdAt').text).toBe(served);
});

test.each([
  ...['', 'now', '2026-03-04', '2026-03-04T05:06:07', '2026-03-04T05:06Z', '20260304T050607Z', '1772600767'],
  ...['2026-02-30T00:00:00Z', '2025-02-29T00:00:00Z', '1900-02-29T00:00:00Z', '2024-04-31T00:00:00Z'],
  ...['2026-00-10T00:00:00Z', '2026-13-01T00:00:00Z', '2026-01-00T00:00:00Z', '2026-01-32T00:00:00Z'],
  ...['2026-01-01T24:00:00Z', '2026-01-01T23:60:00Z', '2026-01-01T23:59:61Z', '2026-01-01T25:61:00Z'],
  ...[
    '2026-01-01T00:00:00+24:00',
    '2026-01-01T00:00:00+01:60',
    '2026-01-01T00:00:00+0100',
    '2026-01-01T00:00:00+1',
  ],
  ...['2026-01-01T00:00:00.Z', '2026-01-01T00:00:00,5Z', ' 2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z\n'],
  ...[
    '+002026-01-01T00:00:00Z',
    '-2026-01-01T00:00:00Z',
    '２０２６-01-01T00:00:00Z',
    '2026-01-01T00:00:00CET',
  ],
])('%j is no time', (text) => {
  expect(parseTime(text)).toBeUndefined();
  expect(() => normalizeTime(text, 'createdAt')).toThrow(InvalidRecordError);
});

test('times that clients take for "no time at all" are refused, and so is what is no text', () => {
  for (const text of [
    '0001-01-01T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '1969-12-31T23:59:59.999Z',
    '1970-01-01T00:00:00+00:01',
  ]) {
    expect(() => normalizeTime(text, 'createdAt')).toThrow('createdAt "');
  }
  for (const value of [undefined, null, 1_772_600_767_000, new Date(), {}, 5n]) {
    expect(() => normalizeTime(value, 'createdAt')).toThrow(InvalidRecordError);
  }
  expect(() => normalizeTime('😀'.repeat(100_000), 'createdAt')).toThrow(/^.{1,300}$/);
});
