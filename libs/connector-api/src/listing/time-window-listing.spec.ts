import fc from 'fast-check';
import { PspError } from '../errors.js';
import { readWindow, timeWindows, WindowTooLargeError, TimeBudget } from './index.js';
import { isTimeWindowsUnderWay } from './time-window-listing.js';
import type { TimeWindowsOptions, TimeWindowsPosition } from './index.js';
import {
  isOldestFirst,
  MODEL_READER,
  ModelClock,
  ModelFeed,
  ModelList,
  PROPERTY_RUNS,
  PROPERTY_TIMEOUT_MS,
} from './testing/model-list.js';
import type { ModelRow } from './testing/model-list.js';
import { createScenarioArbitrary, HISTORY_MS, playScenario } from './testing/listing-scenarios.js';

const NOW = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

interface Variant {
  order: 'newest-first' | 'oldest-first' | 'unordered';
  paging: 'time' | 'token';
  /** The number of rows by which each page is shorter than requested. */
  shortBy?: number;
  /** The maximum number of rows of a window. The PSP rejects windows with more rows. */
  maxRows?: number;
  maxWindowMs?: number;
}

function createOptions(
  list: ModelList,
  pageSize: number,
  { order, paging, shortBy = 0, maxRows = Infinity, maxWindowMs = Infinity }: Variant,
): TimeWindowsOptions<ModelRow> {
  return {
    ...MODEL_READER,
    ...{ order, paging, maxWindowMs },
    resolutionMs: 1,
    start: NOW - 2 * HISTORY_MS,
    overlapMs: 2 * HOUR,
    maxPageSize: 1000,
    fetchPage: async ({ from, to, token, limit }, signal) =>
      list.request(signal, (all) => {
        const rows = all.filter(({ time }) => time >= from && time < to);
        if (rows.length > maxRows) throw new WindowTooLargeError(`more than ${maxRows} rows`);
        if (order === 'newest-first') rows.reverse();
        if (order === 'unordered') rows.sort((a, b) => mixTime(a.time) - mixTime(b.time));
        const start = Number(token ?? 0);
        const short = Math.max(Math.ceil(pageSize / 2), pageSize - (list.requestCount % (shortBy + 1)));
        const end = start + (limit ?? short);
        return {
          rows: rows.slice(start, end),
          ...(paging === 'token' && end < rows.length ? { next: String(end) } : {}),
          ...(order === 'unordered' && { total: rows.length }),
        };
      }),
  };
}

/** Returns a number that is unrelated to the order of the times, so that an unordered list can be sorted by it. */
function mixTime(time: number): number {
  return (time / 1000) % 101;
}

function startTest(pageSize: number, variant: Variant) {
  const clock = new ModelClock(NOW);
  const list = new ModelList(clock);
  const options = createOptions(list, pageSize, variant);
  const feed = new ModelFeed<TimeWindowsPosition>(clock, (since, context) =>
    timeWindows(options, since, context),
  );
  return { clock, list, feed, options };
}

const VARIANTS: Variant[] = [
  { order: 'newest-first', paging: 'time' },
  { order: 'newest-first', paging: 'time', shortBy: 3 },
  { order: 'newest-first', paging: 'token', maxWindowMs: 31 * DAY },
  { order: 'oldest-first', paging: 'time' },
  { order: 'oldest-first', paging: 'token', shortBy: 2 },
  { order: 'unordered', paging: 'token', shortBy: 1, maxWindowMs: 31 * DAY },
];

describe.each(VARIANTS)('%j', (variant) => {
  it(
    'has every row after kills, faults, ties, late and vanished rows, oldest first',
    async () => {
      const scenarios = createScenarioArbitrary({ kinds: ['new', 'late', 'vanish'] });
      await fc.assert(
        fc.asyncProperty(scenarios, async (scenario) => {
          const { list, feed } = startTest(scenario.pageSize, variant);
          await playScenario(scenario, list, feed, 2 * HOUR);
          expect(feed.findMissing(list)).toEqual([]);
          expect(isOldestFirst(feed.lastPull)).toBe(true);
        }),
        { numRuns: PROPERTY_RUNS },
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});

it('lists oldest first, also where the list is newest first', async () => {
  const { list, feed } = startTest(10, { order: 'newest-first', paging: 'time' });
  for (let row = 0; row < 2000; row += 1) list.add(NOW - DAY - row * 40_000);
  await feed.pull();
  expect(feed.lastPull).toHaveLength(2000);
  expect(isOldestFirst(feed.lastPull)).toBe(true);
});

it('takes no short page for the end', async () => {
  const { list, feed } = startTest(60, { order: 'newest-first', paging: 'time', shortBy: 20 });
  for (let row = 0; row < 1030; row += 1) list.add(NOW - DAY - row * 1000);
  await feed.pull();
  expect(feed.rows.size).toBe(1030);
});

it('reaches a dense history behind a quiet one although requests are slow, and never repeats a window', async () => {
  const { clock, list, feed } = startTest(100, { order: 'newest-first', paging: 'time' });
  list.add(NOW - 2 * HISTORY_MS + 1);
  for (let row = 0; row < 20_000; row += 1) list.add(NOW - DAY + row * 4000);
  list.delayMs = 10_000;
  const pageTimeoutMs = 60_000;
  let pulls = 0;
  for (; feed.findMissing(list).length > 0; pulls += 1) {
    const startedAt = clock.time;
    await feed.pull({ maxPages: 1, context: { pageTimeoutMs } });
    // A step may take longer than its budget, a third of the timeout, for two reasons: a request may be running when the budget ends, and
    // two pages of a window are read in any case.
    expect(clock.time - startedAt).toBeLessThanOrEqual(pageTimeoutMs);
    clock.time = NOW;
    expect(pulls).toBeLessThan(500);
  }
});

it('shortens a window that the PSP refuses because of its rows', async () => {
  const { list, feed } = startTest(100, { order: 'oldest-first', paging: 'token', maxRows: 500 });
  for (let row = 0; row < 3000; row += 1) list.add(NOW - 5 * DAY + row * 60_000);
  await feed.pull();
  expect(feed.findMissing(list)).toEqual([]);
});

it('reports an instant that fills a page, if it cannot be divided', async () => {
  const { list, options, clock } = startTest(5, { order: 'newest-first', paging: 'time' });
  for (let row = 0; row < 8; row += 1) list.add(NOW - DAY);
  list.add(NOW - 2 * DAY);
  const source = { ...options };
  delete source.maxPageSize;
  const limits = { budget: new TimeBudget({ clock }), maxPages: 8, largestPage: 1 };
  const read = await readWindow(source, { from: NOW - 3 * DAY, to: NOW }, limits);
  expect(read.warnings).toEqual([expect.objectContaining({ id: 'crowded-2025-12-31T00:00:00.000Z' })]);
  expect(read.rows.map(({ time }) => time)).toContain(NOW - 2 * DAY);
});

it('requests an instant that fills the largest page filter by filter, and reports what stays hidden', async () => {
  const { list, options, clock } = startTest(5, { order: 'newest-first', paging: 'time' });
  for (let row = 0; row < 15; row += 1) list.add(NOW - DAY);
  const filters = ['a', 'b'];
  const source: TimeWindowsOptions<ModelRow> = {
    ...options,
    ...{ maxPageSize: 8, instantFilters: filters },
    fetchPage: async ({ from, to, limit = 5, filter }) => {
      const rows = list.rows.filter(({ time }) => time >= from && time < to);
      // Of the 15 rows, 8 have the type `a` and 7 have the type `b`.
      return {
        rows: rows
          .filter((_, i) => filter === undefined || i % 2 === filters.indexOf(filter))
          .slice(0, limit),
      };
    },
  };
  const limits = { budget: new TimeBudget({ clock }), maxPages: 8, largestPage: 1 };
  const read = await readWindow(source, { from: NOW - 3 * DAY, to: NOW }, limits);
  expect(new Set(read.rows).size).toBe(15);
  expect(read.warnings).toEqual([
    {
      id: 'crowded-a-2025-12-31T00:00:00.000Z',
      message: expect.stringContaining('8 or more rows of a were created'),
    },
  ]);
});

it('saves the request that confirms the end when a page shows a row from before the window', async () => {
  const { list, options, clock } = startTest(5, { order: 'newest-first', paging: 'time' });
  list.add(NOW - 3 * DAY);
  list.add(NOW - DAY);
  const read = (more: object, source = options) =>
    readWindow(
      source,
      { from: NOW - 2 * DAY, to: NOW },
      { budget: new TimeBudget({ clock }), maxPages: 8, largestPage: 8, ...more },
    );
  for (const [more, source, requests] of [
    [{}, options, 2],
    [{ provenFrom: NOW - 3 * DAY }, options, 1],
    // In this case, the row at the time `provenFrom` has vanished, so there is no proof.
    [{ provenFrom: NOW - 2.5 * DAY }, options, 2],
    [
      {},
      {
        ...options,
        ignoresFrom: true,
        fetchPage: (query, signal) => options.fetchPage({ ...query, from: 0 }, signal),
      },
      1,
    ],
  ] satisfies [object, TimeWindowsOptions<ModelRow>, number][]) {
    list.requestCount = 0;
    expect((await read(more, source)).rows.map(({ time }) => time)).toEqual([NOW - DAY]);
    expect(list.requestCount).toBe(requests);
  }
});

it('takes a token that leads back for an error', async () => {
  const { list, options, clock } = startTest(5, { order: 'newest-first', paging: 'token' });
  list.add(NOW - DAY);
  const source = { ...options, fetchPage: async () => ({ rows: list.rows, next: 'again' }) };
  const limits = { budget: new TimeBudget({ clock }), maxPages: 1000, largestPage: 1000 };
  await expect(readWindow(source, { from: 0, to: NOW }, limits)).rejects.toThrow(PspError);
});

it.each(['newest-first', 'oldest-first'] as const)(
  'reports an error if a PSP answers every request with the same page (%s)',
  async (order) => {
    const { list, feed, options } = startTest(2, { order, paging: 'time' });
    for (let row = 0; row < 9; row += 1) list.add(NOW - DAY + row * HOUR);
    const { fetchPage } = options;
    let repeated: Awaited<ReturnType<typeof fetchPage>> | undefined;
    options.fetchPage = async (query, signal) => {
      const page = await fetchPage(query, signal);
      if (page.rows.length === 2 && list.requestCount > 1) repeated ??= page;
      return repeated ?? page;
    };
    await expect(feed.pull()).rejects.toThrow('a page of other times that was read before');
    options.fetchPage = fetchPage;
    await feed.pull();
    expect(feed.findMissing(list)).toEqual([]);
  },
);

it('reads a window again in halves if a page has one row twice instead of another row', async () => {
  const { list, feed, options } = startTest(10, { order: 'unordered', paging: 'token' });
  for (const days of [40, 39, 38, 37]) list.add(NOW - days * DAY);
  const { fetchPage } = options;
  let faults = 0;
  options.fetchPage = async (query, signal) => {
    const page = await fetchPage(query, signal);
    const [first] = page.rows;
    if (first === undefined || page.rows.length < 2 || faults > 0) return page;
    faults += 1;
    return { ...page, rows: [first, ...page.rows.slice(0, -1)] };
  };
  await feed.pull();
  expect(faults).toBe(1);
  expect(feed.findMissing(list)).toEqual([]);
});

it.each(VARIANTS)('an empty list of an old window that comes once hides no row (%j)', async (variant) => {
  const { list, feed, options } = startTest(10, variant);
  for (const days of [70, 69, 68]) list.add(NOW - days * DAY);
  const { fetchPage } = options;
  let faults = 0;
  options.fetchPage = async (query, signal) => {
    const page = await fetchPage(query, signal);
    if (page.rows.length === 0 || faults > 0) return page;
    faults += 1;
    return { rows: [] };
  };
  await feed.pull();
  expect(faults).toBe(1);
  expect(feed.findMissing(list)).toEqual([]);
});

it('stops when the gateway no longer waits', async () => {
  const { list, feed } = startTest(5, { order: 'newest-first', paging: 'time' });
  list.add(NOW - DAY);
  const signal = AbortSignal.abort(new Error('abandoned'));
  await expect(feed.pull({ context: { signal } })).rejects.toThrow('abandoned');
  expect(list.requestCount).toBe(0);
});

it('a quiet list costs one request and no new cursor', async () => {
  const { clock, list, feed } = startTest(5, { order: 'newest-first', paging: 'time' });
  list.add(NOW - 10 * DAY);
  await feed.pull();
  const { position } = feed;
  clock.time += 60_000;
  list.requestCount = 0;
  await feed.pull();
  expect(list.requestCount).toBe(1);
  expect(feed.position).toEqual(position);
});

it('ends a listing of several windows with a position from which the overlap is read again', async () => {
  const requested: number[] = [];
  const options: TimeWindowsOptions<ModelRow> = {
    ...MODEL_READER,
    ...{ order: 'oldest-first', paging: 'token', resolutionMs: 1, start: NOW - 10 * DAY, overlapMs: HOUR },
    fetchPage: async ({ from }) => {
      requested.push(from);
      // Only the first window has a row.
      return { rows: requested.length === 1 ? [{ id: 'a', time: from, state: 'final' as const }] : [] };
    },
  };
  const list = async (since: TimeWindowsPosition) => {
    let position = since;
    const context = { clock: { now: () => NOW } } as Parameters<typeof timeWindows>[2];
    for await (const step of timeWindows(options, since, context)) position = step.position;
    return position;
  };
  const position = await list({ at: NOW - HOUR, span: HOUR / 2 });
  expect(requested.length).toBeGreaterThan(1);
  expect(position).toMatchObject({ at: NOW - HOUR });
  expect(isTimeWindowsUnderWay(position)).toBe(false);
  requested.length = 0;
  await list(position);
  expect(requested[0]).toBe(NOW - HOUR);
});
