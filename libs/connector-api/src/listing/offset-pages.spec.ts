/** Tests that a list with offsets is read to its end, and that the reading always ends. */
import { Json } from '../http/json-accessors.js';
import { readNestedOffsetPages, readOffsetPage, readOffsetPages } from './offset-pages.js';
import type { OffsetPage } from './offset-pages.js';

const ROWS = ['a', 'b', 'c', 'd', 'e'];
const clock = { now: () => 0, sleep: async () => undefined };

/** Creates a list that returns pages of at most `limit` rows. */
function createList(rows: readonly string[], limit: number) {
  return async (offset: number): Promise<OffsetPage<string>> => {
    const page = rows.slice(offset, offset + limit);
    return { rows: page, hasNext: offset + page.length < rows.length };
  };
}

async function collect<T>(steps: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const step of steps) all.push(step);
  return all;
}

it('reads pages that are shorter than requested, and names the offset of the next one', async () => {
  const pages = await collect(readOffsetPages(createList(ROWS, 2), (row) => row, 1));
  expect(pages).toEqual([
    { rows: ['b', 'c'], offset: 1, next: 3 },
    { rows: ['d', 'e'], offset: 3 },
  ]);
});

it.each([
  ['repeats its first page', ['a', 'b']],
  ['returns an empty page', []],
])('ends with an error if the PSP %s and says that more follow', async (_name, rows) => {
  let count = 0;
  const fetchPage = async () => {
    count += 1;
    return { rows: count === 1 ? ['a', 'b'] : rows, hasNext: true };
  };
  await expect(collect(readOffsetPages(fetchPage, (row) => row))).rejects.toMatchObject({
    kind: 'unavailable',
  });
  expect(count).toBe(2);
});

it.each([
  ['{"rows": [1], "hasNext": true}', true],
  ['{"rows": [1], "hasNext": "false"}', false],
  ['{"rows": [], "hasNext": 0}', false],
])('reads the flag of %s', (text, hasNext) => {
  expect(readOffsetPage(Json.parse(text), 'rows', 'hasNext').hasNext).toBe(hasNext);
});

it.each(['{}', '{"rows": []}', '{"rows": [], "hasNext": {}}', '{"hasNext": false}'])(
  'does not take %s for the end of a list',
  (text) => {
    expect(() => readOffsetPage(Json.parse(text), 'rows', 'hasNext')).toThrow(/no (list|flag)/);
  },
);

it('reads the children of all parents, and resumes at any parent', async () => {
  const source = {
    fetchParents: createList(['x', 'y', 'z'], 2),
    fetchChildren: async (parent: string, offset: number) =>
      createList([`${parent}1`, `${parent}2`, `${parent}3`], 2)(offset),
    getId: (row: string) => row,
  };
  const steps = await collect(readNestedOffsetPages(source, 1, { clock }));
  expect(steps).toEqual([
    {
      groups: [
        { parent: 'y', children: ['y1', 'y2', 'y3'] },
        { parent: 'z', children: ['z1', 'z2', 'z3'] },
      ],
      next: 0,
    },
  ]);
});

it('ends a step when its time is used up, with the offset of the next parent', async () => {
  let now = 0;
  const source = {
    fetchParents: createList(['x', 'y', 'z'], 3),
    fetchChildren: async (parent: string) => {
      now += 1_000;
      return { rows: [`${parent}1`], hasNext: false };
    },
    getId: (row: string) => row,
  };
  const context = { clock: { ...clock, now: () => now }, pageTimeoutMs: 6_000 };
  const steps = await collect(readNestedOffsetPages(source, 0, context));
  expect(steps.map(({ groups, next }) => [groups.map(({ parent }) => parent), next])).toEqual([
    [['x', 'y'], 2],
    [['z'], 0],
  ]);
});
