import fc from 'fast-check';
import { PspError } from '../errors.js';
import { newestFirst, PageTokenExpiredError } from './index.js';
import type { NewestFirstPosition, NewestFirstSource } from './index.js';
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
import { createScenarioArbitrary, playScenario } from './testing/listing-scenarios.js';

const NOW = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

interface Variant {
  /**
   * Whether the token of a page is the id of its first row, as at Mollie. If false, the token is the id of the last row of the previous
   * page.
   */
  isTokenFirstId: boolean;
  /** Whether the PSP returns an empty page, instead of an error, for the token of a vanished row. */
  isSilent?: boolean;
}

function createSource(
  list: ModelList,
  pageSize: number,
  { isTokenFirstId, isSilent = false }: Variant,
): NewestFirstSource<ModelRow> {
  return {
    ...MODEL_READER,
    isTokenFirstId,
    rereadMs: 2 * HOUR,
    fetchPage: async (from, signal) =>
      list.request(signal, (all) => {
        const rows = all.reverse();
        const found = from === undefined ? 0 : rows.findIndex(({ id }) => id === from);
        if (found === -1 && isSilent) return { rows: [] };
        if (found === -1) throw new PageTokenExpiredError(`no row ${from}`);
        const start = found + (isTokenFirstId || from === undefined ? 0 : 1);
        const page = rows.slice(start, start + pageSize);
        const next = isTokenFirstId ? rows[start + pageSize]?.id : page.at(-1)?.id;
        return { rows: page, ...(start + pageSize < rows.length && next !== undefined ? { next } : {}) };
      }),
  };
}

function startTest(pageSize: number, variant: Variant) {
  const clock = new ModelClock(NOW);
  const list = new ModelList(clock);
  const source = createSource(list, pageSize, variant);
  const feed = new ModelFeed<NewestFirstPosition>(clock, (since, context) =>
    newestFirst(source, since, context),
  );
  return { clock, list, feed, source };
}

const VARIANTS: Variant[] = [
  { isTokenFirstId: true },
  { isTokenFirstId: true, isSilent: true },
  { isTokenFirstId: false },
];

describe.each(VARIANTS)('%j', (variant) => {
  it(
    'has every row after kills, faults, ties, late and vanished rows',
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

  it('lists a long history oldest first, with two requests for each page, and resumes after every page', async () => {
    const { list, feed } = startTest(10, variant);
    for (let row = 0; row < 6000; row += 1) list.add(NOW - 100 * DAY + row * 60_000);
    await feed.pull();
    expect(feed.lastPull.map(({ id }) => id)).toEqual(list.rows.map(({ id }) => id));
    // If the token of a page is not an id, more requests are needed: a page is read to its end to find the first row of the next older
    // page.
    expect(list.requestCount).toBeLessThan(variant.isTokenFirstId ? 1250 : 1400);

    const resumed = startTest(10, variant);
    resumed.list.rows.push(...list.rows);
    const seen: string[] = [];
    for (let isDone = false; !isDone;) {
      isDone = await resumed.feed.pull({ maxPages: 1 });
      seen.push(...resumed.feed.lastPull.map(({ id }) => id));
      if (resumed.feed.rows.size === 6000) break;
    }
    expect(seen).toEqual(list.rows.map(({ id }) => id));
  });

  it('yields a cursor in time although requests are slow', async () => {
    const { clock, list, feed } = startTest(10, variant);
    for (let row = 0; row < 3000; row += 1) list.add(NOW - 100 * DAY + row * 60_000);
    list.delayMs = 10_000;
    for (let isDone = false; !isDone;) {
      const startedAt = clock.time;
      isDone = await feed.pull({ maxPages: 1, context: { pageTimeoutMs: 60_000 } });
      expect(clock.time - startedAt).toBeLessThanOrEqual(60_000);
      if (feed.findMissing(list).length === 0) break;
    }
    expect(feed.findMissing(list)).toEqual([]);
  });
});

it.each(['itself', 'an earlier page'])('takes a next link to %s for an error', async (target) => {
  const { list, feed, source } = startTest(2, { isTokenFirstId: true });
  for (let row = 0; row < 9; row += 1) list.add(NOW - DAY + row);
  const { fetchPage } = source;
  source.fetchPage = async (from, signal) => {
    const page = await fetchPage(from, signal);
    if (from === 'row-5') return { ...page, next: target === 'itself' ? 'row-5' : 'row-7' };
    return page;
  };
  await expect(feed.pull()).rejects.toMatchObject({ kind: 'unavailable' });
  expect(feed.rows.size).toBe(0);
});

it('goes on where it stopped after a response that is no list', async () => {
  const { list, feed, source } = startTest(2, { isTokenFirstId: true });
  for (let row = 0; row < 500; row += 1) list.add(NOW - DAY + row);
  const { fetchPage } = source;
  source.fetchPage = async (from, signal) => {
    if (list.requestCount === 100) {
      list.requestCount += 1;
      throw new PspError('unavailable', 'overloaded: no list');
    }
    return fetchPage(from, signal);
  };
  expect(await feed.pull()).toBe(false);
  expect(feed.position?.walk).toBeDefined();
  await feed.pull();
  expect(feed.rows.size).toBe(500);
});

it('stops when the gateway no longer waits', async () => {
  const { list, feed } = startTest(2, { isTokenFirstId: true });
  list.add(NOW);
  await expect(feed.pull({ context: { signal: AbortSignal.abort(new Error('abandoned')) } })).rejects.toThrow(
    'abandoned',
  );
  expect(list.requestCount).toBe(0);
});
