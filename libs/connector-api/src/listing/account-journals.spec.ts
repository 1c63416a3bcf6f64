import type { AccountJournal, JournalsPosition } from './index.js';
import { createCursorFormat, isJournalsPosition, listJournals } from './index.js';
import { ModelClock } from './testing/model-list.js';

interface Row {
  id: string;
  at: number;
}
interface ShopJournal extends AccountJournal<Row> {
  shop: string;
}

const context = { clock: new ModelClock(Date.UTC(2026, 0, 1)) };

/**
 * Creates a journal of the fake PSP.
 * @param rows oldest first
 */
function createJournal(id: string, rows: readonly Row[]): ShopJournal {
  return {
    ...{ id, shop: `shop of ${id}`, isTokenFirstId: true, rereadMs: 0 },
    getId: (row) => row.id,
    getTime: (row) => row.at,
    fetchPage: async (token) => {
      const newestFirst = rows.toReversed();
      const start = token === undefined ? 0 : newestFirst.findIndex((row) => row.id === token);
      const next = newestFirst[start + 2]?.id;
      return { rows: newestFirst.slice(start, start + 2), ...(next !== undefined && { next }) };
    },
  };
}

const createRows = (prefix: string, count: number): Row[] =>
  Array.from({ length: count }, (_, index) => ({ id: `${prefix}${index}`, at: index }));

async function list(journals: ShopJournal[], since: JournalsPosition | undefined) {
  const found: Record<string, string[]> = {};
  let position = since ?? {};
  for await (const step of listJournals<Row, ShopJournal>(journals, since, context)) {
    (found[step.source.shop] ??= []).push(...step.rows.map(({ id }) => id));
    position = step.position;
  }
  return { found, position };
}

it('lists each journal oldest first, with the journal of each row, and continues after the position of each', async () => {
  const [a, b] = [createRows('a', 5), createRows('b', 3)];
  const first = await list([createJournal('acc-a', a), createJournal('acc-b', b)], undefined);
  const ids = (rows: Row[]) => rows.map(({ id }) => id);
  expect(first.found).toEqual({ 'shop of acc-a': ids(a), 'shop of acc-b': ids(b) });

  const more = createRows('b', 5);
  const second = await list([createJournal('acc-a', a), createJournal('acc-b', more)], first.position);
  expect(second.found['shop of acc-a'] ?? []).not.toContain('a3');
  expect(second.found['shop of acc-b']).toEqual(expect.arrayContaining(['b3', 'b4']));
  expect(second.found['shop of acc-b']).not.toContain('b1');
});

it('a cursor is a position only if each part is a position in a journal', async () => {
  const { position } = await list([createJournal('acc-a', createRows('a', 3))], undefined);
  const format = createCursorFormat({ plugin: 'acme', version: 1, isPosition: isJournalsPosition });
  expect(format.parse(format.serialize(position))).toEqual(position);
  expect(isJournalsPosition({ ...position, 'acc-b': { at: 5 } })).toBe(false);
});
