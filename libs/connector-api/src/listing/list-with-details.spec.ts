import { PspError } from '../errors.js';
import { ManualClock } from '../testing/index.js';
import { createDetailsCheck, listWithDetails } from './index.js';
import type { DetailsPosition, ListingStep } from './index.js';

interface Payout {
  id: string;
  status: string;
}

/** A PSP that lists the same payouts at each listing. */
function startTest(rows: Payout[], requestMs = 0) {
  const clock = new ManualClock();
  const requested: string[] = [];
  const incomplete = new Set<string>();
  const open: (readonly string[])[] = [];
  const refused = new Set<string>();
  const list = async (since?: DetailsPosition<number>, maxSteps = Infinity) => {
    const steps: string[] = [];
    let position = since;
    const source = {
      async *list(): AsyncGenerator<ListingStep<Payout, number>> {
        yield { rows, position: 7, warnings: [{ id: 'own', message: 'a warning of the list' }] };
      },
      getVersion: ({ id, status }: Payout) => `${id} ${status}`,
      fetchDetails: async ({ id }: Payout) => {
        requested.push(id);
        clock.advance(requestMs);
        if (refused.has(id)) throw new PspError('rejected', 'no');
        return `items of ${id}`;
      },
      isComplete: ({ row }: { row: Payout }) => !incomplete.has(row.id),
      keepOpen: (base: number, ids: readonly string[]) => {
        open.push(ids);
        return base;
      },
    };
    for await (const step of listWithDetails(source, since, { clock, pageTimeoutMs: 3_000 })) {
      position = step.position;
      steps.push(
        `${step.rows.map(({ row, details }) => `${row.id}: ${details}`).join(', ')} | ${(step.warnings ?? []).map(({ id }) => id).join(' ')}`,
      );
      if (steps.length === maxSteps) break;
    }
    return { steps, position };
  };
  return { list, requested, incomplete, open, refused };
}

const createPayouts = () => ['a', 'b', 'c'].map((id) => ({ id, status: 'paid' }));

it('requests details again when a row returns to an earlier version', async () => {
  const rows = createPayouts();
  const { list, requested } = startTest(rows);
  let { position } = await list();
  for (const status of ['bounced', 'paid', 'bounced', 'paid']) {
    rows[1]!.status = status;
    ({ position } = await list(position));
  }
  expect(requested.join('')).toBe('abcbbbb');
});

it('keeps a row with incomplete details open, until they are complete or were requested ten times more', async () => {
  const { list, requested, incomplete, open } = startTest(createPayouts());
  incomplete.add('b');
  let { position } = await list();
  incomplete.delete('b');
  ({ position } = await list(position));
  expect(open.splice(0)).toEqual([['b']]);
  ({ position } = await list(position));
  expect(open).toEqual([]);
  requested.splice(0);
  incomplete.add('c');
  position = undefined;
  for (let listing = 0; listing < 15; listing += 1) {
    ({ position } = await list(position));
    expect(createDetailsCheck((value) => value === 7)(JSON.parse(JSON.stringify(position)))).toBe(true);
  }
  expect(open).toEqual(Array.from({ length: 10 }, () => ['c']));
});

it.each(['refused', 'absent'])(
  'a row with incomplete details that is %s is kept open for ten listings, too',
  async (fault) => {
    const rows = createPayouts();
    const { list, incomplete, open, refused } = startTest(rows);
    incomplete.add('b');
    let { position } = await list();
    if (fault === 'refused') refused.add('b');
    else rows.splice(1, 1);
    for (let listing = 0; listing < 15; listing += 1) ({ position } = await list(position));
    expect(open).toEqual(Array.from({ length: 10 }, () => ['b']));
  },
);

it('requests the details of later rows again when those of an earlier row become complete', async () => {
  const { list, requested, incomplete } = startTest(createPayouts());
  incomplete.add('b');
  const { position } = await list();
  incomplete.clear();
  const second = await list(position);
  await list(second.position);
  expect(requested.join('')).toBe('abcbc');
});

it('requests details again only when a row changes, or while they are incomplete', async () => {
  const rows = createPayouts();
  const { list, requested, incomplete } = startTest(rows);
  incomplete.add('b');
  const { steps, position } = await list();
  expect(steps).toEqual(['a: items of a, b: items of b, c: items of c | own']);
  rows[2]!.status = 'bounced';
  incomplete.clear();
  const second = await list(position);
  expect(second.steps).toEqual(['b: items of b, c: items of c | own']);
  expect((await list(second.position)).steps).toEqual([' | own']);
  expect(requested.join('')).toBe('abcbc');
});

it('yields a step in parts when its time is used up, and repeats no part after an interruption', async () => {
  const { list, requested } = startTest(createPayouts(), 1_000);
  const { steps, position } = await list(undefined, 2);
  expect(steps).toEqual(['a: items of a | ', 'b: items of b | ']);
  expect((await list(position)).steps).toEqual(['c: items of c | ', ' | own']);
  expect(requested.join('')).toBe('abc');
});

it('warns of a row whose details the PSP refuses, and requests them again', async () => {
  const { list, refused } = startTest(createPayouts());
  refused.add('b');
  const { steps, position } = await list();
  expect(steps).toEqual(['a: items of a, c: items of c | own refused-b paid']);
  refused.clear();
  expect((await list(position)).steps).toEqual(['b: items of b | own']);
});

it('recognises its own positions', () => {
  const isPosition = createDetailsCheck((value): value is number => typeof value === 'number');
  expect(
    [{ seen: [] }, { base: 1, seen: ['a'] }, { base: 'x', seen: [] }, { base: 1 }, null].map(isPosition),
  ).toEqual([...[true, true, false, false, false]]);
});
