import { PspError } from '../errors.js';
import { Json } from '../http/json-accessors.js';
import type { DataWarning } from '../plugin.js';
import { ManualClock } from '../testing/index.js';
import {
  createJsonRowReader,
  isListWithEventsPosition,
  LIST_WITH_EVENTS_SOURCE,
  listTimeWindowPages,
  rereadTimeWindowPages,
  listWithEvents,
} from './index.js';
import type { EventPage, ListWithEventsPosition, TimeWindowQuery } from './index.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const READER = createJsonRowReader('id', 'created_at');

/** A PSP with payments and events. `sendsObjects`: whether it sends the payments together with their events. */
function startTest(sendsObjects: boolean) {
  const clock = new ManualClock();
  const payments = new Map<string, { id: string; created_at: string; status: string }>();
  const events: { id: string; created_at: string; payment: string }[] = [];
  const requested: string[] = [];
  const formatNow = (ageMs = 0) => new Date(clock.now() - ageMs).toISOString();
  const add = (id: string, ageMs: number) =>
    payments.set(id, { id, created_at: formatNow(ageMs), status: 'open' });
  const change = (id: string, status: string) => {
    payments.get(id)!.status = status;
    events.push({ id: `event-${events.length}`, created_at: formatNow(), payment: id });
  };
  const toJson = (row: unknown) => Json.parse(JSON.stringify(row));
  const select = (rows: readonly { created_at: string }[], { from, to }: TimeWindowQuery) =>
    rows
      .filter(({ created_at }) => Date.parse(created_at) >= from && Date.parse(created_at) < to)
      .map(toJson);
  const source = {
    ...READER,
    ...({ order: 'oldest-first', paging: 'token', resolutionMs: 1 } as const),
    ...{ overlapMs: 1, minConfirmedWindowMs: 2 },
    ...{ start: clock.now() - 100 * DAY_MS, changesWithinMs: DAY_MS, everyMs: 50 * DAY_MS },
    fetchPage: async (window: TimeWindowQuery) => ({ rows: select([...payments.values()], window) }),
    fetchEvents: async (window: TimeWindowQuery): Promise<EventPage<Json>> => {
      const rows = select(events, window);
      if (!sendsObjects) return { rows };
      return { rows, objects: rows.map((event) => toJson(payments.get(event.string('payment')))) };
    },
    getObjectId: (event: Json): string | undefined => event.string('payment'),
    fetchObject: async (id: string): Promise<Json | undefined> => {
      requested.push(id);
      const found = payments.get(id);
      return found && toJson(found);
    },
  };
  const list = async (since?: ListWithEventsPosition, maxSteps = Infinity) => {
    let steps = 0;
    const rows: string[] = [];
    const warnings: DataWarning[] = [];
    const resolvedIds: string[] = [];
    let position = since;
    for await (const step of listWithEvents(source, since, { clock })) {
      rows.push(...step.rows.map((row) => `${row.string('id')} ${row.string('status')}`));
      warnings.push(...(step.warnings ?? []));
      resolvedIds.push(...(step.resolvedIds ?? []));
      position = step.position;
      if ((steps += 1) === maxSteps) break;
    }
    return { rows, warnings, resolvedIds, position };
  };
  return { clock, source, payments, add, change, list, requested };
}

it.each([true, false])(
  'lists new objects, and those that events name; the PSP sends them: %s',
  async (sendsObjects) => {
    const { clock, add, change, list, requested } = startTest(sendsObjects);
    add('old', 80 * DAY_MS);
    const first = await list();
    expect(first.rows).toEqual(['old open']);
    expect(isListWithEventsPosition(JSON.parse(JSON.stringify(first.position)))).toBe(true);
    clock.advance(DAY_MS);
    for (const status of ['paid', 'failed']) change('old', status);
    add('new', 0);
    clock.advance(1_000);
    const second = await list(first.position);
    expect(second.rows).toEqual(['new open', 'old failed']);
    expect(requested).toEqual(sendsObjects ? [] : ['old']);
    expect((await list(second.position)).rows).toEqual([]);
  },
);

it('an object that the PSP does not return for its event costs a warning, and is requested until it is returned', async () => {
  const { clock, payments, add, change, list, requested } = startTest(false);
  add('old', 80 * DAY_MS);
  const first = await list();
  change('old', 'failed');
  const old = payments.get('old')!;
  payments.delete('old');
  clock.advance(1_000);
  const second = await list(first.position);
  expect(second).toMatchObject({ rows: [], warnings: [{ id: 'absent-old' }] });
  const third = await list(second.position);
  expect(third).toMatchObject({ rows: [], warnings: [{ id: 'absent-old' }], resolvedIds: [] });
  expect(isListWithEventsPosition(JSON.parse(JSON.stringify(third.position)))).toBe(true);
  payments.set('old', old);
  const fourth = await list(third.position);
  expect(fourth.rows).toEqual(['old failed']);
  expect(fourth.resolvedIds).toContain('absent-old');
  expect(await list(fourth.position)).toMatchObject({ rows: [], warnings: [], resolvedIds: [] });
  expect(requested).toEqual(['old', 'old', 'old']);
});

it('an object that is kept open is requested once more, and costs no warning about an event', async () => {
  const { clock, source, payments, add, list, requested } = startTest(false);
  for (const id of ['found', 'gone', 'refused']) add(id, 80 * DAY_MS);
  const { position } = await list();
  payments.delete('gone');
  clock.advance(1_000);
  const { fetchObject } = source;
  source.fetchObject = async (id) => {
    const found = await fetchObject(id);
    if (id === 'refused') throw new PspError('rejected', 'no', { status: 403 });
    return found;
  };
  const open = LIST_WITH_EVENTS_SOURCE.keepOpen(position!, ['found', 'gone', 'refused']);
  expect(isListWithEventsPosition(JSON.parse(JSON.stringify(open)))).toBe(true);
  const second = await list(open);
  expect(second).toMatchObject({ rows: ['found open'], warnings: [] });
  expect(new Set(requested.splice(0))).toEqual(new Set(['found', 'gone', 'refused']));
  expect(await list(second.position)).toMatchObject({ rows: [], warnings: [] });
  expect(requested).toEqual([]);
});

it('an object that is kept open and that an event names costs a warning if the PSP does not return it', async () => {
  const { clock, payments, add, change, list, requested } = startTest(false);
  add('old', 80 * DAY_MS);
  const first = await list();
  change('old', 'failed');
  payments.delete('old');
  clock.advance(1_000);
  const second = await list(first.position);
  const third = await list(LIST_WITH_EVENTS_SOURCE.keepOpen(second.position!, ['old']));
  expect(third.warnings.map(({ id }) => id)).toEqual(['absent-old']);
  await list(third.position);
  expect(requested).toEqual(['old', 'old', 'old']);
});

it('an object that the PSP sends with its event before it shows the change is listed when it shows it', async () => {
  const { clock, source, payments, add, change, list, requested } = startTest(true);
  source.overlapMs = 60_000;
  add('old', 80 * DAY_MS);
  const first = await list();
  change('old', 'open');
  clock.advance(1_000);
  const second = await list(first.position);
  expect(second.rows).toEqual(['old open']);
  payments.get('old')!.status = 'failed';
  clock.advance(1_000);
  const third = await list(second.position);
  expect(third.rows).toEqual(['old failed']);
  clock.advance(1_000);
  expect((await list(third.position)).rows).toEqual([]);
  expect(requested).toEqual([]);
});

it('an object that the PSP refuses for its event is requested again', async () => {
  const { clock, source, add, change, list } = startTest(false);
  add('old', 80 * DAY_MS);
  const first = await list();
  change('old', 'failed');
  clock.advance(1_000);
  const { fetchObject } = source;
  source.fetchObject = () => Promise.reject(new PspError('rejected', 'gone', { status: 410 }));
  const second = await list(first.position);
  expect(second).toMatchObject({ rows: [], warnings: [{ id: 'refused-old' }] });
  source.fetchObject = fetchObject;
  const third = await list(second.position);
  expect(third.rows).toEqual(['old failed']);
  expect(third.resolvedIds).toContain('refused-old');
});

it.each([
  ['after a pause', 3 * HOUR_MS, ['old failed']],
  ['if the next listing reads the window again', HOUR_MS / 2, []],
])('an empty list of events that comes once hides no change: %s', async (_name, pauseMs, expected) => {
  const { clock, source, add, change, list } = startTest(true);
  source.overlapMs = HOUR_MS;
  source.minConfirmedWindowMs = DAY_MS;
  add('old', 80 * DAY_MS);
  const first = await list();
  change('old', 'failed');
  clock.advance(pauseMs);
  const { fetchEvents } = source;
  let faults = 0;
  source.fetchEvents = async (window) => {
    faults += 1;
    return faults === 1 ? { rows: [] } : fetchEvents(window);
  };
  const second = await list(first.position);
  expect(second.rows).toEqual(expected);
  const third = await list(second.position);
  expect([...second.rows, ...third.rows]).toEqual(['old failed']);
});

it.each([
  ['at the end of a catch-up in several windows', Infinity],
  ['when an interrupted listing resumes', 1],
])(
  'an empty list of events that comes once for a short window hides no change: %s',
  async (_name, maxSteps) => {
    const { clock, source, add, change, list } = startTest(true);
    const start = clock.now();
    source.overlapMs = HOUR_MS;
    for (const id of ['first', 'second']) add(id, 80 * DAY_MS);
    const { position } = await list();
    const { events } = position!.changes;
    const span = 4 * HOUR_MS + HOUR_MS / 3;
    const since = { ...position!, changes: { ...position!.changes, events: { ...events!, span } } };
    clock.advance(HOUR_MS);
    change('first', 'failed');
    clock.advance(2.5 * HOUR_MS);
    change('second', 'failed');
    clock.advance(1.5 * HOUR_MS);
    const { fetchEvents } = source;
    let faults = 0;
    source.fetchEvents = async (window) => {
      if (window.from < start + 3 * HOUR_MS || faults > 0) return fetchEvents(window);
      faults += 1;
      return { rows: [] };
    };
    const rows: string[] = [];
    let at: ListWithEventsPosition | undefined = since;
    for (const steps of [maxSteps, Infinity, Infinity]) {
      const listed = await list(at, steps);
      rows.push(...listed.rows);
      at = listed.position;
      clock.advance(HOUR_MS / 10);
    }
    expect([faults, rows]).toEqual([1, ['first failed', 'second failed']]);
  },
);

it('an event without the id of its object costs a warning, once', async () => {
  const { clock, source, add, change, list } = startTest(false);
  add('old', 80 * DAY_MS);
  const first = await list();
  change('old', 'failed');
  clock.advance(1_000);
  const { getObjectId } = source;
  source.getObjectId = () => undefined;
  const second = await list(first.position);
  expect(second.warnings.map(({ id }) => id)).toEqual(['unnamed-event-0']);
  source.getObjectId = getObjectId;
  expect((await list(second.position)).warnings).toEqual([]);
});

it('listTimeWindowPages stores the position of the list in the cursor', async () => {
  const { clock, source, add } = startTest(true);
  const mapRows = (rows: Json[]) => rows.map((row) => ({ id: row.string('id') }));
  const read = async (since?: string) => {
    const ids: string[] = [];
    let cursor = since;
    for await (const page of listTimeWindowPages('acme', source, mapRows, since, { clock })) {
      ids.push(...page.items.map(({ id }) => id));
      cursor = page.cursor;
    }
    return { ids, cursor };
  };
  add('first', 80 * DAY_MS);
  const { ids, cursor } = await read();
  expect(ids).toEqual(['first']);
  clock.advance(DAY_MS);
  add('second', 1_000);
  expect((await read(cursor)).ids).toEqual(['second']);
});

it('an empty list that comes once after a pause of hours hides no row of listTimeWindowPages', async () => {
  const { clock, source, add } = startTest(true);
  const options = { ...source, overlapMs: HOUR_MS, minConfirmedWindowMs: 25 * HOUR_MS };
  const ids: string[] = [];
  let cursor: string | undefined;
  const read = async (fetchPage = source.fetchPage) => {
    const mapRows = (rows: Json[]) => rows.map((row) => ({ id: row.string('id') }));
    for await (const page of listTimeWindowPages('acme', { ...options, fetchPage }, mapRows, cursor, {
      clock,
    })) {
      ids.push(...page.items.map(({ id }) => id));
      cursor = page.cursor;
    }
  };
  add('first', 80 * DAY_MS);
  await read();
  clock.advance(5 * HOUR_MS);
  add('second', 3 * HOUR_MS);
  let faults = 0;
  await read(async (window) => ((faults += 1) === 1 ? { rows: [] } : source.fetchPage(window)));
  await read();
  expect(ids).toEqual(['first', 'second']);
});

it('rereadTimeWindowPages reads rows again, and stores the version of its cursors', async () => {
  const { clock, source, add } = startTest(true);
  const mapRows = (rows: Json[]) => rows.map((row) => ({ id: row.string('id') }));
  const read = async (since?: string) => {
    const options = { ...source, changesWithinMs: 3 * DAY_MS, everyMs: DAY_MS };
    const ids: string[] = [];
    let cursor = since;
    const format = { plugin: 'acme', version: 3 };
    for await (const page of rereadTimeWindowPages(format, options, mapRows, since, { clock })) {
      ids.push(...page.items.map(({ id }) => id));
      cursor = page.cursor;
    }
    return { ids, cursor };
  };
  add('first', 80 * DAY_MS);
  add('second', DAY_MS);
  const { ids, cursor } = await read();
  expect(ids).toEqual(['first', 'second']);
  expect(cursor).toContain('"v":3');
  expect((await read(cursor)).ids).toEqual([]);
  clock.advance(DAY_MS);
  expect((await read(cursor)).ids).toEqual(['second']);
});
