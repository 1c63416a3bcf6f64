import fc from 'fast-check';
import { PspError } from '../errors.js';
import { mergeListings, newestFirst } from './index.js';
import type { ListingContext, MergePosition, MergeSource, NewestFirstPosition } from './index.js';
import {
  MODEL_READER,
  ModelClock,
  ModelFeed,
  ModelList,
  PROPERTY_RUNS,
  PROPERTY_TIMEOUT_MS,
} from './testing/model-list.js';
import type { ModelRow } from './testing/model-list.js';
import { createScenarioArbitrary, HISTORY_MS } from './testing/listing-scenarios.js';

const NOW = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;

type Source = MergeSource<ModelRow, NewestFirstPosition>;

function startTest(count: number, pageSize: number) {
  const clock = new ModelClock(NOW);
  const lists = Array.from({ length: count }, () => new ModelList(clock));
  const broken = new Map<number, PspError>();
  const createSources = (context: ListingContext): Source[] =>
    lists.map((list, index) => ({
      id: `account-${index}`,
      list: (since) =>
        newestFirst(
          {
            ...MODEL_READER,
            getId: ({ id }) => id,
            isTokenFirstId: true,
            rereadMs: HOUR,
            fetchPage: async (from, signal) => {
              const error = broken.get(index);
              if (error) throw error;
              return list.request(signal, (all) => {
                const rows = all.reverse();
                const start = Math.max(0, from === undefined ? 0 : rows.findIndex(({ id }) => id === from));
                const next = rows[start + pageSize]?.id;
                return { rows: rows.slice(start, start + pageSize), ...(next === undefined ? {} : { next }) };
              });
            },
          },
          since,
          context,
        ),
    }));
  const feed = new ModelFeed<MergePosition<NewestFirstPosition>>(clock, async function* (since, context) {
    for await (const step of mergeListings(createSources(context), since)) {
      const rows = step.rows.map((row) => ({ ...row, id: `${step.source.id} ${row.id}` }));
      yield { rows, position: step.position };
    }
  });
  const countRows = (index: number) =>
    [...feed.rows.keys()].filter((id) => id.startsWith(`account-${index} `)).length;
  return { clock, lists, feed, broken, countRows };
}

it(
  'has every row of every source after kills and faults',
  async () => {
    const scenarios = fc.tuple(
      createScenarioArbitrary({ kinds: ['new'] }),
      fc.array(fc.nat({ max: 60 }), { minLength: 1, maxLength: 12 }),
    );
    await fc.assert(
      fc.asyncProperty(scenarios, async ([{ pageSize, pulls }, sizes]) => {
        const { clock, lists, feed, countRows } = startTest(sizes.length, pageSize);
        sizes.forEach((size, index) => {
          for (let row = 0; row < size; row += 1)
            lists[index]!.add(NOW - HISTORY_MS + Math.floor((row / size) * HISTORY_MS));
        });
        for (const { maxPages, faults, events } of pulls) {
          lists[maxPages % lists.length]!.faults = [...faults];
          await feed.pull({ maxPages });
          for (const list of lists) list.faults = [];
          clock.time += 60_000;
          for (const { value } of events) lists[value % lists.length]!.add(clock.time - 1);
        }
        await feed.pull();
        expect(lists.map((_list, index) => countRows(index))).toEqual(lists.map(({ rows }) => rows.length));
      }),
      { numRuns: PROPERTY_RUNS },
    );
  },
  PROPERTY_TIMEOUT_MS,
);

it.each([
  ['unavailable', 500, 'unavailable'],
  // The requests for the other sources succeed, so the credentials are valid. The listing is therefore repeated soon.
  ['unauthorized', 403, 'unavailable'],
] as const)('a source that is %s (%i) does not stop the others', async (kind, status, expected) => {
  const { lists, feed, broken, countRows } = startTest(20, 5);
  for (const list of lists) for (let row = 0; row < 30; row += 1) list.add(NOW - HOUR + row);
  broken.set(1, new PspError(kind, 'Acme: no', { status }));
  await expect(feed.pull()).rejects.toMatchObject({
    kind: expected,
    message: expect.stringContaining('account-1: '),
  });
  expect(lists.map((_list, index) => countRows(index))).toEqual(
    lists.map((_list, index) => (index === 1 ? 0 : 30)),
  );
  broken.clear();
  await feed.pull();
  expect(countRows(1)).toBe(30);
});

it.each([
  ['rate-limited', 429],
  ['unauthorized', 401],
] as const)('an error that concerns all sources ends the listing at once: %s', async (kind, status) => {
  const { lists, feed, broken } = startTest(20, 5);
  for (const list of lists) list.add(NOW);
  broken.set(0, new PspError(kind, 'Acme: no', { status, retryAfterMs: 5000 }));
  await expect(feed.pull()).rejects.toMatchObject({ kind, details: { retryAfterMs: 5000 } });
  expect(lists.reduce((sum, { requestCount }) => sum + requestCount, 0)).toBeLessThan(10);
});

it('a long source does not delay a short one', async () => {
  const { lists, feed, countRows } = startTest(2, 5);
  for (let row = 0; row < 5000; row += 1) lists[0]!.add(NOW - HISTORY_MS + row * 1000);
  lists[1]!.add(NOW);
  await feed.pull({ maxPages: 2 });
  expect(countRows(1)).toBe(1);
});
