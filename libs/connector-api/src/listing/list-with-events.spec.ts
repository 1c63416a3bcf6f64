import { Json } from '../http/json-accessors.js';
import { ManualClock } from '../testing/index.js';
import {
  createJsonRowReader,
  isListWithEventsPosition,
  listTimeWindowPages,
  rereadTimeWindowPages,
  listWithEvents,
} from './index.js';
import type { ListWithEventsPosition, TimeWindowQuery } from './index.js';

const DAY_MS = 86_400_000;
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
    ...({ order: 'oldest-first', paging: 'token', resolutionMs: 1, overlapMs: 1 } as const),
    ...{ start: clock.now() - 100 * DAY_MS, changesWithinMs: DAY_MS, everyMs: 50 * DAY_MS },
    fetchPage: async (window: TimeWindowQuery) => ({ rows: select([...payments.values()], window) }),
    fetchEvents: async (window: TimeWindowQuery) => {
      const rows = select(events, window);
      if (!sendsObjects) return { rows };
      return { rows, objects: rows.map((event) => toJson(payments.get(event.string('payment')))) };
    },
    getObjectId: (event: Json) => event.string('payment'),
    fetchObject: async (id: string) => {
      requested.push(id);
      const found = payments.get(id);
      return found && toJson(found);
    },
  };
  const list = async (since?: ListWithEventsPosition) => {
    const rows: string[] = [];
    let position = since;
    for await (const step of listWithEvents(source, since, { clock })) {
      rows.push(...step.rows.map((row) => `${row.string('id')} ${row.string('status')}`));
      position = step.position;
    }
    return { rows, position };
  };
  return { clock, source, payments, add, change, list, requested };
}

it.each([true, false])(
  'lists new objects, and those that events name; the PSP sends them: %s',
  async (sendsObjects) => {
    const { clock, payments, add, change, list, requested } = startTest(sendsObjects);
    add('old', 80 * DAY_MS);
    add('gone', 70 * DAY_MS);
    const first = await list();
    expect(first.rows).toEqual(['old open', 'gone open']);
    expect(isListWithEventsPosition(JSON.parse(JSON.stringify(first.position)))).toBe(true);
    clock.advance(DAY_MS);
    for (const status of ['paid', 'failed']) change('old', status);
    add('new', 0);
    if (!sendsObjects) {
      change('gone', 'paid');
      payments.delete('gone');
    }
    clock.advance(1_000);
    const second = await list(first.position);
    expect(second.rows).toEqual(['new open', 'old failed']);
    expect(requested).toEqual(sendsObjects ? [] : ['old', 'gone']);
    expect((await list(second.position)).rows).toEqual([]);
  },
);

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
