import fc from 'fast-check';
import { isTimeWindowsUnderWay, reread, rewindTimeWindows, timeWindows } from './index.js';
import type { RereadPosition, TimeWindowsPosition } from './index.js';
import {
  MODEL_READER,
  ModelClock,
  ModelFeed,
  ModelList,
  PROPERTY_RUNS,
  PROPERTY_TIMEOUT_MS,
} from './testing/model-list.js';
import { createScenarioArbitrary, playScenario } from './testing/listing-scenarios.js';

const NOW = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const CHANGES_WITHIN_MS = 30 * DAY;

function startTest(pageSize: number) {
  const clock = new ModelClock(NOW);
  const list = new ModelList(clock);
  const refetched: number[] = [];
  const feed = new ModelFeed<RereadPosition<TimeWindowsPosition>>(clock, (since, context) =>
    reread(
      {
        start: { at: NOW - 300 * DAY, span: 30 * DAY },
        changesWithinMs: CHANGES_WITHIN_MS,
        everyMs: 6 * HOUR,
        rewind: rewindTimeWindows,
        isUnderWay: isTimeWindowsUnderWay,
        getId: ({ id }) => id,
        toOpenRow: ({ id, time, state }) => (state === 'open' ? [id, time] : undefined),
        refetch: async (open) => {
          refetched.push(open.length);
          const ids = new Set(open.map(([id]) => id));
          return list.request(new AbortController().signal, (rows) =>
            rows.filter(({ id }) => ids.has(id)).map((row) => ({ ...row })),
          );
        },
        list: (position) =>
          timeWindows(
            {
              ...MODEL_READER,
              order: 'newest-first',
              paging: 'time',
              resolutionMs: 1,
              start: NOW - 300 * DAY,
              overlapMs: 2 * HOUR,
              maxPageSize: 1000,
              fetchPage: async ({ from, to, limit = pageSize }, signal) =>
                list.request(signal, (rows) => ({
                  rows: rows
                    .filter(({ time }) => time >= from && time < to)
                    .reverse()
                    .slice(0, limit),
                })),
            },
            position,
            context,
          ),
      },
      since,
      context,
    ),
  );
  return { clock, list, feed, refetched };
}

it(
  'has every row in its last state after kills, faults, late and vanished rows',
  async () => {
    const scenarios = createScenarioArbitrary({ kinds: ['new', 'late', 'vanish', 'change'] });
    await fc.assert(
      fc.asyncProperty(
        scenarios,
        fc.array(fc.nat({ max: 29 }), { maxLength: 10 }),
        async (scenario, ages) => {
          const { list, feed } = startTest(scenario.pageSize);
          for (const age of ages) list.add(NOW - age * DAY - 1, 'open');
          await playScenario(scenario, list, feed, 2 * HOUR);
          expect(feed.findMissing(list)).toEqual([]);
        },
      ),
      { numRuns: PROPERTY_RUNS },
    );
  },
  PROPERTY_TIMEOUT_MS,
);

it('sees a change of an open row at the next listing, and any other change within the interval', async () => {
  const { clock, list, feed } = startTest(10);
  const open = list.add(NOW - 20 * DAY, 'open');
  await feed.pull();
  open.state = 'final';
  const late = list.add(NOW - 10 * DAY);
  clock.time += HOUR;
  await feed.pull();
  expect(feed.rows.get(open.id)?.state).toBe('final');
  expect(feed.rows.has(late.id)).toBe(false);
  clock.time += 6 * HOUR;
  await feed.pull();
  expect(feed.rows.has(late.id)).toBe(true);
});

it('reads a row once more that changed between two listings and is too old at the second one', async () => {
  const { clock, list, feed } = startTest(10);
  const row = list.add(NOW - 28 * DAY, 'open');
  await feed.pull();
  row.state = 'final';
  clock.time += 3 * DAY;
  await feed.pull();
  expect(feed.rows.get(row.id)?.state).toBe('final');
});

it('asks for open rows at every listing, until they are final or too old', async () => {
  const { clock, list, feed, refetched } = startTest(10);
  list.add(NOW - 29 * DAY, 'open');
  await feed.pull();
  for (let pull = 0; pull < 3; pull += 1) {
    clock.time += 60_000;
    await feed.pull();
  }
  expect(refetched).toEqual([1, 1, 1]);
  clock.time += 2 * DAY;
  await feed.pull();
  clock.time += 60_000;
  await feed.pull();
  expect(refetched.at(-1)).toBe(0);
});

it('finds an open row again whose id changes when it becomes final, and keeps another open row with the same stable id', async () => {
  const clock = new ModelClock(NOW);
  const rows = [
    { id: 'a.1', isOpen: true },
    { id: 'b.1', isOpen: true },
    { id: 'b.2', isOpen: false },
  ];
  const read = (since: RereadPosition<number> | undefined) =>
    reread<{ id: string; isOpen: boolean }, number>(
      {
        ...{ start: 0, changesWithinMs: DAY, everyMs: DAY, isUnderWay: () => false },
        getId: ({ id }) => id,
        getStableId: (id) => id.split('.', 1).join(''),
        toOpenRow: ({ id, isOpen }) => (isOpen ? [id, NOW] : undefined),
        refetch: async () => [{ id: 'a.2', isOpen: false }],
        rewind: () => 0,
        list: async function* (position) {
          if (position === undefined) yield { rows, position: 1 };
        },
      },
      since,
      { clock },
    );
  const positions: RereadPosition<number>[] = [];
  for await (const { position } of read(undefined)) positions.push(position);
  expect(positions.at(-1)?.open).toEqual([
    ['a.1', NOW],
    ['b.1', NOW],
  ]);
  for await (const { position } of read(positions.at(-1))) positions.push(position);
  expect(positions.at(-1)?.open).toEqual([['b.1', NOW]]);
});
