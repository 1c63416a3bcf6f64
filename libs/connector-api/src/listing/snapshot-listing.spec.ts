import fc from 'fast-check';
import { isSnapshotPosition, PageTokenExpiredError, snapshot } from './index.js';
import type { SnapshotPosition, SnapshotSource } from './index.js';
import {
  ModelClock,
  ModelFeed,
  ModelList,
  MODEL_READER,
  PROPERTY_RUNS,
  PROPERTY_TIMEOUT_MS,
} from './testing/model-list.js';
import type { ModelRow } from './testing/model-list.js';
import { createScenarioArbitrary, playScenario } from './testing/listing-scenarios.js';

const NOW = Date.UTC(2026, 0, 1);

/** The kind of a page token: the id of the last row, or an offset. Offsets move when rows vanish. */
type Paging = 'id' | 'offset';

function startTest(pageSize: number, paging: Paging = 'id') {
  const clock = new ModelClock(NOW);
  const list = new ModelList(clock);
  const vanished: string[] = [];
  const source: SnapshotSource<ModelRow> = {
    ...MODEL_READER,
    getVersion: ({ state }) => state,
    fetchPage: async (token, signal) =>
      list.request(signal, (rows) => {
        const found = rows.findIndex(({ id }) => id === token);
        if (paging === 'id' && token !== undefined && found === -1) throw new PageTokenExpiredError(token);
        const start = paging === 'id' ? found + 1 : Number(token ?? 0);
        const page = rows.slice(start, start + pageSize).map((row) => ({ ...row }));
        const next = paging === 'id' ? page.at(-1)?.id : String(start + pageSize);
        return { rows: page, ...(start + pageSize < rows.length && next !== undefined ? { next } : {}) };
      }),
  };
  const feed: ModelFeed<SnapshotPosition> = new ModelFeed<SnapshotPosition>(clock, async function* (
    since,
    context,
  ) {
    for await (const step of snapshot(source, since, context)) {
      vanished.push(...step.vanished);
      for (const id of step.vanished) feed.rows.delete(id);
      yield step;
    }
  });
  return { clock, list, feed, source, vanished };
}

describe.each<Paging>(['id', 'offset'])('with page tokens of the kind %s', (paging) => {
  it(
    'has exactly the rows of the list after kills, faults, ties, changed, late and vanished rows',
    async () => {
      const scenarios = createScenarioArbitrary({ kinds: ['new', 'late', 'vanish', 'change'] });
      await fc.assert(
        fc.asyncProperty(scenarios, fc.boolean(), async (scenario, isSlow) => {
          const { list, feed } = startTest(scenario.pageSize, paging);
          // With a slow PSP, one request uses up the time of a step, so every page becomes a step.
          list.delayMs = isSlow ? 30_000 : 0;
          await playScenario(scenario, list, feed, 2 * 3_600_000);
          // A second complete reading confirms that the row has vanished.
          await feed.pull();
          expect([...feed.rows.values()].sort(byId)).toEqual([...list.rows].sort(byId));
          expect(isSnapshotPosition(feed.position)).toBe(true);
        }),
        { numRuns: PROPERTY_RUNS },
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});

const byId = (a: ModelRow, b: ModelRow) => (a.id < b.id ? -1 : 1);

it('tells what appeared, changed, stayed and vanished', async () => {
  const { clock, list, source } = startTest(2);
  const read = async (since?: SnapshotPosition) => {
    const steps = [];
    for await (const step of snapshot(source, since, { clock })) steps.push(step);
    const ids = (rows: ModelRow[]) => rows.map(({ id }) => id).join();
    const [step] = steps;
    return {
      position: step!.position,
      told: [ids(step!.rows), ids(step!.unchanged), step!.vanished.join()],
    };
  };
  for (let row = 0; row < 3; row += 1) list.add(NOW - 10 + row, 'open');
  const first = await read();
  expect(first.told).toEqual(['row-1,row-2,row-3', '', '']);
  list.rows[1]!.state = 'final';
  list.add(NOW - 1);
  list.remove(0);
  const second = await read(first.position);
  expect(second.told).toEqual(['row-2,row-4', 'row-3', '']);
  const third = await read(second.position);
  expect(third.told).toEqual(['', 'row-2,row-3,row-4', 'row-1']);
  expect((await read(third.position)).position).toEqual(third.position);
});

it('yields a cursor in time although requests are slow, and resumes from it', async () => {
  const { clock, list, feed } = startTest(1);
  for (let row = 0; row < 30; row += 1) list.add(NOW - row);
  list.delayMs = 10_000;
  for (let pulls = 0; feed.findMissing(list).length > 0; pulls += 1) {
    const startedAt = clock.time;
    await feed.pull({ maxPages: 1, context: { pageTimeoutMs: 60_000 } });
    expect(clock.time - startedAt).toBeLessThanOrEqual(60_000);
    expect(pulls).toBeLessThan(30);
  }
});

it('takes a token that leads back for an error, and stops when the gateway no longer waits', async () => {
  const { clock, list, feed, source } = startTest(1);
  list.add(NOW);
  const looping = { ...source, fetchPage: async () => ({ rows: list.rows, next: 'again' }) };
  await expect(snapshot(looping, undefined, { clock }).next()).rejects.toThrow('leads to "again"');
  const signal = AbortSignal.abort(new Error('abandoned'));
  await expect(feed.pull({ context: { signal } })).rejects.toThrow('abandoned');
});
