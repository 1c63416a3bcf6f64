import { FakePsp, fakeRoute, ManualClock } from '../testing/index.js';
import { formatTime } from '../time.js';
import { PspClock } from './psp-clock.js';
import { PspHttp } from './index.js';

const HOUR_MS = 3_600_000;

function startTest() {
  const log: string[] = [];
  const machine = new ManualClock();
  const begun = machine.now();
  const logger = { warn: (text: string) => log.push(text) };
  const clock = new PspClock(machine, 'Acme', logger);
  const receive = (differenceMs: number, age?: string) =>
    clock.compare((name) => (name === 'age' ? age : new Date(machine.now() + differenceMs).toUTCString()));
  return { clock, log, machine, begun, receive };
}

it('returns the time of the PSP while the clock of the machine is wrong, and says both times once', () => {
  const { clock, log, machine, begun, receive } = startTest();
  receive(-2 * HOUR_MS);
  receive(-2 * HOUR_MS);
  expect(clock.now()).toBe(begun - 2 * HOUR_MS);
  expect(log).toEqual([
    expect.stringContaining(
      `it is ${formatTime(begun)} here, and ${formatTime(begun - 2 * HOUR_MS)} there. Listings use the time of Acme`,
    ),
  ]);
  machine.advance(1000);
  expect(clock.now()).toBe(begun - 2 * HOUR_MS + 1000);
  receive(0);
  expect(clock.now()).toBe(begun + 1000);
  expect(log.slice(1)).toEqual(['the clock of this machine agrees with Acme again']);
});

it.each<[string, (receive: ReturnType<typeof startTest>['receive']) => void]>([
  ['a difference of a slow response', (receive) => receive(-59_000)],
  ['a response from a cache that says its age', (receive) => receive(-5 * HOUR_MS, String(5 * 3600))],
  ['one of several responses', (receive) => [0, -5 * HOUR_MS, 5 * HOUR_MS].forEach((ms) => receive(ms))],
])('does not correct the time because of %s', (_name, act) => {
  const { clock, log, begun, receive } = startTest();
  act(receive);
  expect([clock.now(), log]).toEqual([begun, []]);
});

it('a response without a readable time changes nothing', () => {
  const { clock, begun } = startTest();
  clock.compare(() => undefined);
  clock.compare(() => 'soon');
  expect(clock.now()).toBe(begun);
});

it('the HTTP client compares the times of its responses', async () => {
  const date = new Date(Date.now() - 5 * HOUR_MS).toUTCString();
  const routes = [fakeRoute('GET', '/things', () => ({ body: {}, headers: { date } }))];
  const fake = await FakePsp.start({ routes, createErrorBody: () => ({}) });
  const http = new PspHttp({ name: 'Acme', baseUrl: fake.url });
  await http.get('/things');
  expect(Date.now() - http.clock.now()).toBeGreaterThan(4 * HOUR_MS);
  http.onApplicationShutdown();
  await fake.close();
});
