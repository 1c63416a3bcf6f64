/** Tests journals that a PSP filters by days: entries that appear late, and what a quiet listing requests. */
import { Json } from '../http/index.js';
import { ManualClock } from '../testing/index.js';
import { createDayJournalSource, createJsonRowReader } from './index.js';
import type { DayRangeQuery } from './index.js';

const DAY_MS = 86_400_000;

function startTest() {
  const clock = new ManualClock();
  const formatDay = (daysAgo: number) => new Date(clock.now() - daysAgo * DAY_MS).toISOString().slice(0, 10);
  const entries: { id: string; day: string }[] = [];
  const requested: DayRangeQuery[] = [];
  const options = {
    ...createJsonRowReader('id', 'day'),
    ...({ id: 'journal', order: 'oldest-first', dayProperty: 'day', overlapDays: 5 } as const),
    ...{ start: clock.now() - 60 * DAY_MS, changesWithinMs: 30 * DAY_MS, everyMs: DAY_MS },
    fetchPage: async (query: DayRangeQuery) => {
      requested.push(query);
      const found = entries.filter(({ day }) => day >= query.first && day <= query.last);
      return { rows: found.map((entry) => Json.parse(JSON.stringify(entry))) };
    },
    toRecords: (rows: Json[]) => rows.map((row) => ({ id: row.string('id') })),
  };
  let position: unknown;
  const seen = new Set<string>();
  /** Lists once. @returns the ids that were listed for the first time */
  const list = async () => {
    const before = new Set(seen);
    requested.length = 0;
    for await (const step of createDayJournalSource(options, { clock }).list(position)) {
      for (const { items } of step.rows) for (const { id } of items) seen.add(id);
      ({ position } = step);
    }
    return [...seen].filter((id) => !before.has(id));
  };
  return {
    clock,
    list,
    requested,
    add: (id: string, daysAgo: number) => entries.push({ id, day: formatDay(daysAgo) }),
  };
}

it('finds an entry that appears weeks after its day at the next regular reading, and once', async () => {
  const { clock, list, add } = startTest();
  add('first', 50);
  expect(await list()).toEqual(['first']);
  add('in-the-overlap', 4);
  add('late', 20);
  clock.advance(60_000);
  expect(await list()).toEqual(['in-the-overlap']);
  clock.advance(DAY_MS);
  expect(await list()).toEqual(['late']);
  clock.advance(DAY_MS);
  expect(await list()).toEqual([]);
});

it('requests whole days, and each listing between two regular readings only the last ones', async () => {
  const { clock, list, requested, add } = startTest();
  add('first', 10);
  await list();
  clock.advance(3_600_000);
  await list();
  const [{ first, last } = { first: '', last: '' }] = requested;
  expect(requested).toHaveLength(1);
  expect((Date.parse(last) - Date.parse(first)) / DAY_MS).toBeLessThanOrEqual(6);
});
