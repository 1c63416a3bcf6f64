import { ManualClock } from '../testing/index.js';
import { listWithChildren } from './index.js';
import type { ListingStep } from './index.js';

/** The child `a2` is on two pages. */
const CHILDREN: Readonly<Record<string, string[][]>> = {
  a: [
    ['a1', 'a2'],
    ['a2', 'a3'],
  ],
  c: [['c1']],
};

async function* listSteps(): AsyncGenerator<ListingStep<string, number>> {
  yield { rows: ['a', 'b'], position: 1 };
  yield { rows: ['c'], position: 2, warnings: [{ id: 'own', message: 'a warning of the step' }] };
}

/**
 * Lists the rows with their children.
 * @param requestMs the time that the request of each page of children takes
 */
async function list(requestMs: number) {
  const clock = new ManualClock();
  const fetchChildren = (row: string) =>
    CHILDREN[row] === undefined ? undefined : fetchPages(CHILDREN[row]);
  async function* fetchPages(pages: string[][]) {
    for (const page of pages) {
      clock.advance(requestMs);
      yield page;
    }
  }
  const options = {
    fetchChildren,
    getId: (child: string) => child,
    checkChildren: (row: string, children: readonly string[]) => ({
      warnings: row === 'b' || row === 'c' ? [{ id: row, message: 'a difference' }] : [],
      resolvedIds: row === 'a' ? [`difference of ${children.join(' ')}`] : [],
    }),
    keepOpen: (position: number, rows: readonly string[]) => position + rows.length / 10,
    start: 0,
  };
  const steps: unknown[] = [];
  for await (const step of listWithChildren(listSteps(), options, { clock, pageTimeoutMs: 3_000 })) {
    const { rows, position, warnings = [], resolvedIds = [] } = step;
    steps.push([
      rows.map(({ row, parent = '' }) => parent + row).join(' '),
      position,
      [...warnings.map(({ id }) => id), ...resolvedIds],
    ]);
  }
  return steps;
}

it('lists the children of each row after it, and keeps the rows that differ from their children open', async () => {
  expect(await list(0)).toEqual([
    ['a aa1 aa2 aa2 aa3 b', 1, ['difference of a1 a2 a3']],
    ['c cc1', 2.1, ['own', 'c']],
  ]);
});

it('yields a step in parts when its time is used up, with the position before the step', async () => {
  expect(await list(1_000)).toEqual([
    ['a aa1 aa2', 0, []],
    ['aa2 aa3', 0, []],
    ['b', 1, ['difference of a1 a2 a3']],
    ['c cc1', 1, []],
    ['', 2.1, ['own', 'c']],
  ]);
});

it('keeps the newest hundred of many differing rows open', async () => {
  const ids = Array.from({ length: 150 }, (_, index) => `row-${index}`);
  async function* listMany(): AsyncGenerator<ListingStep<string, number>> {
    for (const [position, row] of [...ids, 'row-60'].entries()) yield { rows: [row], position };
  }
  async function* fetchNone() {
    yield [];
  }
  const kept: (readonly string[])[] = [];
  const options = {
    fetchChildren: fetchNone,
    getId: (row: string) => row,
    checkChildren: (row: string) => ({ warnings: [{ id: row, message: 'a difference' }], resolvedIds: [] }),
    keepOpen: (position: number, rows: readonly string[]) => {
      kept.push(rows);
      return position;
    },
    start: 0,
  };
  for await (const step of listWithChildren(listMany(), options, { clock: new ManualClock() }))
    expect(step.rows).toHaveLength(1);
  expect(kept[149]).toEqual(ids.slice(-100));
  expect(kept[150]).toEqual([...ids.slice(-100).filter((id) => id !== 'row-60'), 'row-60']);
});
