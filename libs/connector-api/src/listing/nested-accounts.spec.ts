/** Tests the listing of accounts that belong to parents: several pages, an interruption, and invalid rows. */
import { Json } from '../http/json-accessors.js';
import { isRejectedRecord } from '../plugin.js';
import { listNestedAccounts } from './nested-accounts.js';

const clock = { now: () => 0, sleep: async () => undefined };

/** Returns the page of one row at an offset. */
function getPage(rows: readonly object[], offset: number) {
  return {
    rows: Json.parse(JSON.stringify(rows.slice(offset, offset + 1))).array(),
    hasNext: offset + 1 < rows.length,
  };
}

async function list(parents: readonly object[], since?: string) {
  const source = {
    plugin: 'acme',
    fetchParents: async (offset: number) => getPage(parents, offset),
    fetchAccounts: async (id: string, offset: number) =>
      getPage([{ id: `${id}-eur` }, { id: `${id}-usd` }], offset),
    toAccount: (row: Json, parent: Json) => ({ id: row.string('id'), name: `of ${parent.string('id')}` }),
  };
  const pages = [];
  for await (const page of listNestedAccounts(source, since, { clock })) pages.push(page);
  return pages;
}

it('lists the accounts of all parents, and continues after an interruption', async () => {
  const parents = [{ id: 'x' }, { id: 'y' }];
  const pages = await list(parents);
  const listed = pages.map(({ items }) => items.map(({ id }) => id));
  expect(listed).toEqual([
    ['x-eur', 'x-usd'],
    ['y-eur', 'y-usd'],
  ]);
  expect(pages[0]?.items[0]).toEqual({ id: 'x-eur', name: 'of x' });
  const rest = await list(parents, pages[0]?.cursor);
  expect(rest.map(({ items }) => items.map(({ id }) => id))).toEqual([['y-eur', 'y-usd']]);
  // The listing after a complete one begins again.
  expect(await list(parents, pages[1]?.cursor)).toHaveLength(2);
});

it('rejects a parent without an id, and lists the others', async () => {
  const pages = await list([{ name: 'no id' }, { id: 'y' }]);
  expect(pages.flatMap(({ items }) => items.map((item) => isRejectedRecord(item)))).toEqual([
    true,
    false,
    false,
  ]);
});
