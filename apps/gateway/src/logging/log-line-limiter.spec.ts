import { ManualClock } from '../../../../libs/sync/src/testing/manual-clock.js';
import { createLogger } from './index.js';
import { LogLineLimiter, type LogLineGroup } from './log-line-limiter.js';

const REFUSED: LogLineGroup = { of: 'request', level: 'info', status: 401 };

let clock: ManualClock;
let lines: Record<string, unknown>[];
let limiter: LogLineLimiter;

beforeEach(() => {
  clock = new ManualClock();
  lines = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  limiter = new LogLineLimiter(createLogger({ destination: { write } }), clock);
});

const admitMany = (count: number, group: LogLineGroup, client: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => limiter.admit(group, client(index))).filter(Boolean).length;

it('the first 20 lines of a group are written in each minute, and one line says how many more there were', async () => {
  expect(admitMany(15_000, REFUSED, (index) => `192.0.2.${index % 3 === 0 ? index % 200 : 1}`)).toBe(20);
  await clock.advance(59_000);
  expect(lines).toEqual([]);
  await clock.advance(1_000);
  expect(lines).toEqual([
    expect.objectContaining({
      level: 'info',
      of: 'request',
      status: 401,
      leftOut: 14_980,
      client: '192.0.2.1',
    }),
  ]);
  expect(admitMany(21, REFUSED, () => '192.0.2.1')).toBe(20);
});

it('a group of one connector is not used up by others, and a quiet group writes no sum', async () => {
  admitMany(100, REFUSED, () => '192.0.2.1');
  expect(admitMany(20, { ...REFUSED, status: 422, connector: 'bank' }, () => '192.0.2.2')).toBe(20);
  await clock.advance(60_000);
  expect(lines.map(({ status }) => status)).toEqual([401]);
  await clock.advance(600_000);
  expect(lines).toHaveLength(1);
  expect(clock.timerCount).toBe(0);
});

it('a stop writes the sums at once', () => {
  admitMany(1021, REFUSED, (index) => `192.0.${index >> 8}.${index & 255}`);
  limiter.stop();
  expect(lines).toMatchObject([{ leftOut: 1001, clients: 1000 }]);
  expect(clock.timerCount).toBe(0);
});
