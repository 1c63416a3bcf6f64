import fc from 'fast-check';
import { PspError } from '../errors.js';
import { changes, createChangesPositionCheck, oldestFirst } from './index.js';
import type { ChangesPosition, ChangesSource, OldestFirstPosition } from './index.js';
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
type Position = ChangesPosition<OldestFirstPosition>;
interface ModelEvent {
  number: number;
  objectId: string;
}

/** Starts a test with rows and a list of events. The list has an event for each time when a row appeared, changed or vanished. */
function startTest(pageSize: number, maxIdsPerRequest = 1) {
  const clock = new ModelClock(NOW);
  const list = new ModelList(clock);
  const events: ModelEvent[] = [];
  const states = new Map<string, string>();
  const recordEvents = () => {
    const present = new Map(list.rows.map(({ id, state }) => [id, state]));
    for (const id of new Set([...states.keys(), ...present.keys()])) {
      if (states.get(id) !== present.get(id)) events.push({ number: events.length, objectId: id });
    }
    states.clear();
    for (const [id, state] of present) states.set(id, state);
  };
  const fetchPage = async (token: string | undefined, signal: AbortSignal) =>
    list.request(signal, () => {
      recordEvents();
      const start = Number(token ?? 0);
      const rows = events.slice(start, start + pageSize);
      return { rows, ...(start + pageSize < events.length ? { next: String(start + pageSize) } : {}) };
    });
  const requested: string[][] = [];
  const createSource = (context: { clock: ModelClock; signal?: AbortSignal }) =>
    ({
      listEvents: (since) =>
        oldestFirst({ getId: ({ number }) => String(number), getTime: () => NOW, fetchPage }, since, context),
      getEventId: ({ number }) => String(number),
      getObjectId: ({ objectId }) => objectId,
      getId: MODEL_READER.getId,
      fetchObjects: async (ids, signal) =>
        list.request(signal, (rows) => {
          requested.push([...ids]);
          return rows.filter(({ id }) => ids.includes(id)).map((row) => ({ ...row }));
        }),
      maxIdsPerRequest,
    }) satisfies ChangesSource<ModelEvent, OldestFirstPosition, ModelRow>;
  const feed: ModelFeed<Position> = new ModelFeed<Position>(clock, async function* (since, context) {
    const source = createSource({ ...context, clock });
    for await (const step of changes<ModelEvent, OldestFirstPosition, ModelRow>(source, since, context)) {
      for (const id of step.vanished) feed.rows.delete(id);
      yield step;
    }
  });
  return { clock, list, feed, requested, createSource };
}

const byId = (a: ModelRow, b: ModelRow) => (a.id < b.id ? -1 : 1);
const isPosition = createChangesPositionCheck(
  (value): value is OldestFirstPosition => typeof value === 'object',
);

it.each([1, 3])(
  'has exactly the rows that exist after kills, faults, ties, changed, late and vanished rows, %i ids in a request',
  async (maxIds) => {
    const scenarios = createScenarioArbitrary({ kinds: ['new', 'late', 'vanish', 'change'] });
    await fc.assert(
      fc.asyncProperty(scenarios, fc.boolean(), async (scenario, isSlow) => {
        const { list, feed } = startTest(scenario.pageSize, maxIds);
        list.delayMs = isSlow ? 30_000 : 0;
        await playScenario(scenario, list, feed, 2 * 3_600_000);
        expect([...feed.rows.values()].sort(byId)).toEqual([...list.rows].sort(byId));
        expect(feed.position === undefined || isPosition(feed.position)).toBe(true);
      }),
      { numRuns: PROPERTY_RUNS },
    );
  },
  PROPERTY_TIMEOUT_MS,
);

it('requests an object once for all events of a page, and nothing while there are no events', async () => {
  const { list, feed, requested } = startTest(100, 10);
  for (let row = 0; row < 15; row += 1) list.add(NOW - row, 'open');
  await feed.pull();
  expect(requested.map(({ length }) => length)).toEqual([10, 5]);
  list.requestCount = 0;
  await feed.pull();
  expect(list.requestCount).toBe(1);
  list.rows[0]!.state = 'final';
  await feed.pull();
  expect(requested.slice(2)).toEqual([['row-1']]);
  expect(feed.findMissing(list)).toEqual([]);
});

it('yields in time although requests are slow, and does not request again what it has', async () => {
  const { clock, list, feed, requested } = startTest(50);
  for (let row = 0; row < 40; row += 1) list.add(NOW - row);
  list.delayMs = 5_000;
  for (let pulls = 0; feed.findMissing(list).length > 0; pulls += 1) {
    const startedAt = clock.time;
    await feed.pull({ maxPages: 1, context: { pageTimeoutMs: 60_000 } });
    expect(clock.time - startedAt).toBeLessThanOrEqual(60_000);
    expect(pulls).toBeLessThan(30);
  }
  expect(requested).toHaveLength(40);
});

it('an object that the PSP refuses to show costs a warning, and not the others', async () => {
  const { clock, list, createSource } = startTest(50, 10);
  for (let row = 0; row < 4; row += 1) list.add(NOW + row);
  const base = createSource({ clock });
  const source: typeof base = {
    ...base,
    fetchObjects: async (ids, signal) => {
      if (ids.includes('row-2')) throw new PspError('rejected', 'forbidden', { status: 403 });
      return base.fetchObjects(ids, signal);
    },
  };
  const steps = [];
  for await (const step of changes<ModelEvent, OldestFirstPosition, ModelRow>(source, undefined, { clock }))
    steps.push(step);
  expect(steps.flatMap(({ rows }) => rows.map(({ id }) => id))).toEqual(['row-1', 'row-3', 'row-4']);
  expect(steps.flatMap(({ warnings }) => warnings)).toEqual([
    { id: 'refused-row-2', message: expect.stringContaining('forbidden') },
  ]);
});

it('requests an object that does not show its change again at each listing, until it does', async () => {
  const { clock, list, createSource, requested } = startTest(50, 10);
  for (let row = 0; row < 3; row += 1) list.add(NOW + row);
  const base = createSource({ clock });
  let lateIds = ['row-2'];
  const source: ChangesSource<ModelEvent, OldestFirstPosition, ModelRow> = {
    ...base,
    fetchObjects: async (ids, signal) => {
      const rows = await base.fetchObjects(ids, signal);
      const late = lateIds.filter((id) => ids.includes(id));
      return { rows, late: late.map((id) => ({ id, warning: { id: `late-${id}`, message: id } })) };
    },
  };
  const warnings: string[][] = [];
  let position: Position | undefined;
  const pull = async () => {
    const found: string[] = [];
    for await (const step of changes<ModelEvent, OldestFirstPosition, ModelRow>(source, position, {
      clock,
    })) {
      found.push(...(step.warnings ?? []).map(({ id }) => id));
      position = JSON.parse(JSON.stringify(step.position)) as Position;
      expect(isPosition(position)).toBe(true);
    }
    warnings.push(found);
  };
  await pull();
  await pull();
  lateIds = [];
  await pull();
  await pull();
  expect(requested).toEqual([['row-1', 'row-2', 'row-3'], ['row-2'], ['row-2']]);
  expect(warnings).toEqual([['late-row-2'], ['late-row-2'], [], []]);
});

it('fails before it forgets objects that do not show their change', async () => {
  const { clock, list, createSource } = startTest(600, 600);
  for (let row = 0; row < 501; row += 1) list.add(NOW);
  const source: ChangesSource<ModelEvent, OldestFirstPosition, ModelRow> = {
    ...createSource({ clock }),
    fetchObjects: async (ids) => ({
      rows: [],
      late: ids.map((id) => ({ id, warning: { id, message: `${id} is late` } })),
    }),
  };
  const steps = changes<ModelEvent, OldestFirstPosition, ModelRow>(source, undefined, { clock });
  await expect(steps.next()).rejects.toThrow('more than 500 objects do not show the change of their event');
});

it('stops when the gateway no longer waits', async () => {
  const { list, feed } = startTest(5);
  list.add(NOW);
  const signal = AbortSignal.abort(new Error('abandoned'));
  await expect(feed.pull({ context: { signal } })).rejects.toThrow('abandoned');
});

it.each([1, 101])(
  'the warning of an absent object is resolved when a later event returns the object, of %d absent objects',
  async (absentCount) => {
    const events = Array.from({ length: absentCount }, (_, index) => `object-${index}`);
    let isReturned = false;
    const source: ChangesSource<ModelEvent, number, string> = {
      async *listEvents(since = 0) {
        const rows = events.slice(since).map((objectId, index) => ({ number: since + index, objectId }));
        yield { rows, position: events.length };
      },
      getEventId: ({ number }) => String(number),
      getObjectId: ({ objectId }) => objectId,
      getId: (row) => row,
      fetchObjects: async (ids) => (isReturned ? [...ids] : { rows: [], late: [], absent: ids }),
      maxIdsPerRequest: 200,
    };
    const resolved: string[] = [];
    let position: ChangesPosition<number> | undefined;
    const list = async () => {
      for await (const step of changes(source, position, { clock: new ModelClock(NOW) })) {
        position = JSON.parse(JSON.stringify(step.position)) as ChangesPosition<number>;
        resolved.push(...(step.resolvedIds ?? []));
      }
    };
    await list();
    expect(resolved).toEqual([]);
    isReturned = true;
    events.push('object-0');
    await list();
    expect(resolved).toContain('absent-object-0');
    expect(resolved).toContain('refused-object-0');
  },
);
