import fc from 'fast-check';
import { oldestFirst, oldestFirstByOffset, PageTokenExpiredError } from './index.js';
import type { OffsetPosition, OldestFirstPosition, OldestFirstSource } from './index.js';
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

/**
 * Starts a test with a list whose page token is the id of the last row of the previous page. A PSP can send such a token as a cursor or in
 * the query of a link.
 */
function startTokenTest(pageSize: number) {
  const clock = new ModelClock(NOW);
  const list = new ModelList(clock);
  const source: OldestFirstSource<ModelRow> = {
    ...MODEL_READER,
    fetchPage: async (token, signal) =>
      list.request(signal, (rows) => {
        const found = token === undefined ? -1 : rows.findIndex(({ id }) => id === token);
        if (token !== undefined && found === -1) throw new PageTokenExpiredError(`no row ${token}`);
        const page = rows.slice(found + 1, found + 1 + pageSize);
        const next = page.at(-1)?.id;
        return { rows: page, ...(found + 1 + pageSize < rows.length && next !== undefined ? { next } : {}) };
      }),
  };
  const feed = new ModelFeed<OldestFirstPosition>(clock, (since, context) =>
    oldestFirst(source, since, context),
  );
  return { clock, list, feed, source };
}

function startOffsetTest(pageSize: number) {
  const clock = new ModelClock(NOW);
  const list = new ModelList(clock);
  const source = {
    ...MODEL_READER,
    fetchRows: async (offset: number, signal: AbortSignal) =>
      list.request(signal, (rows) => rows.slice(offset, offset + pageSize)),
  };
  const feed = new ModelFeed<OffsetPosition>(clock, (since, context) =>
    oldestFirstByOffset(source, since, context),
  );
  return { clock, list, feed, source };
}

describeStrategy('page tokens', startTokenTest, 1);
// The second listing makes three requests: the page with the row at which the last listing ended, the page with the new row, and the empty
// page at the end.
describeStrategy('offsets', startOffsetTest, 3);

function describeStrategy<Position>(
  name: string,
  startTest: (pageSize: number) => { list: ModelList; feed: ModelFeed<Position> },
  requestCount: number,
): void {
  describe(name, () => {
    it(
      'have every row after kills, faults, ties and vanished rows, oldest first',
      async () => {
        const scenarios = createScenarioArbitrary({ kinds: ['new', 'vanish'] });
        await fc.assert(
          fc.asyncProperty(scenarios, async (scenario) => {
            const { list, feed } = startTest(scenario.pageSize);
            await playScenario(scenario, list, feed, 0);
            expect(feed.findMissing(list)).toEqual([]);
            expect(isOldestFirst(feed.lastPull)).toBe(true);
          }),
          { numRuns: PROPERTY_RUNS },
        );
      },
      PROPERTY_TIMEOUT_MS,
    );

    it('read the last page again, and nothing before it', async () => {
      const { list, feed } = startTest(10);
      for (let row = 0; row < 95; row += 1) list.add(NOW - 1000 + row);
      await feed.pull();
      list.add(NOW);
      list.requestCount = 0;
      await feed.pull();
      expect(feed.findMissing(list)).toEqual([]);
      expect(list.requestCount).toBe(requestCount);
    });
  });
}

it('takes a token that leads back for an error', async () => {
  const { list, feed, source } = startTokenTest(2);
  for (let row = 0; row < 9; row += 1) list.add(NOW + row);
  const { fetchPage } = source;
  source.fetchPage = async (token, signal) => {
    const page = await fetchPage(token, signal);
    return token === 'row-4' ? { ...page, next: 'row-2' } : page;
  };
  await expect(feed.pull()).rejects.toMatchObject({ kind: 'unavailable' });
});

it('takes an empty page with a next token for no end', async () => {
  const { list, feed, source } = startTokenTest(2);
  for (let row = 0; row < 5; row += 1) list.add(NOW + row);
  const { fetchPage } = source;
  source.fetchPage = async (token, signal) =>
    token === undefined
      ? { rows: [], next: 'begin' }
      : fetchPage(token === 'begin' ? undefined : token, signal);
  await feed.pull();
  expect(feed.rows.size).toBe(5);
});

it('takes a page that is the same for every offset for an error', async () => {
  const { list, feed, source } = startOffsetTest(2);
  for (let row = 0; row < 5; row += 1) list.add(NOW + row);
  source.fetchRows = async (_offset, signal) => list.request(signal, (rows) => rows.slice(0, 2));
  await expect(feed.pull()).rejects.toMatchObject({ kind: 'unavailable' });
});
