import { Json } from '../http/json-accessors.js';
import { parseMoney } from '../money.js';
import { createAccountPage, listCurrentAccounts, readCurrentBalances } from './account-page.js';

const toAccount = (row: Json) => ({ id: row.string('id'), name: row.string('name') });
const toBalances = (row: Json) => ({
  accountId: row.string('id'),
  at: '2026-03-04T05:06:07Z',
  amounts: [parseMoney(row.decimal('balance'), 'EUR')],
});

it('serves what can be read of each list: a bad balance does not cost its account, a bad account not its balance', () => {
  const rows = Json.parse(
    '[{"id":"a","name":"A","balance":1.5},{"id":"b","name":"B","balance":"1.005"},{"id":"c","balance":"2"}]',
  ).array();
  const list = { rows, idProperty: 'id', toAccount, toBalances };
  const page = createAccountPage([list, { ...list, rows: [] }]);
  expect(page.items).toEqual([
    { id: 'a', name: 'A' },
    { id: 'b', name: 'B' },
    expect.objectContaining({ id: 'c', reason: '[2].name: expected a text, found nothing' }),
  ]);
  expect(page.balances?.map(({ accountId, amounts }) => [accountId, amounts[0]?.amount])).toEqual([
    ['a', 150n],
    ['c', 200n],
  ]);
  expect(page.warnings).toEqual([
    {
      id: 'balance-b',
      message: expect.stringMatching(/^the balance of the account b is not served: .*1\.005/),
    },
  ]);
});

it('has no warnings where all balances are served', () => {
  expect(createAccountPage([{ rows: [], idProperty: 'id', toAccount, toBalances }])).toEqual({
    items: [],
    balances: [],
  });
});

it('balances without a time have the time before the request of their list', async () => {
  let now = Date.UTC(2026, 2, 4, 5, 6, 7);
  const list = (json: string) => ({
    listRows: async () => {
      now += 1000;
      return Json.parse(json).array();
    },
    idProperty: 'id',
    toAccount,
    toAmounts: (row: Json) => [parseMoney(row.decimal('balance'), 'EUR')],
  });
  const lists = [
    list('[{"id":"a","name":"A","balance":"1.50"}]'),
    list('[{"id":"b","name":"B","balance":2},{"id":"c","name":"C"}]'),
  ];
  const pages = [];
  for await (const page of listCurrentAccounts(lists, { now: () => now, sleep: async () => {} }))
    pages.push(page);
  expect(pages).toEqual([
    {
      items: ['a', 'b', 'c'].map((id) => ({ id, name: id.toUpperCase() })),
      balances: [
        { accountId: 'a', at: '2026-03-04T05:06:07.000Z', amounts: [{ amount: 150n, asset: 'EUR/2' }] },
        { accountId: 'b', at: '2026-03-04T05:06:08.000Z', amounts: [{ amount: 200n, asset: 'EUR/2' }] },
      ],
      warnings: [expect.objectContaining({ id: 'balance-c' })],
      cursor: 'all',
    },
  ]);
});

it('serves the balances of an account at the time of the request, and none of an account that is gone', async () => {
  const clock = { now: () => Date.UTC(2026, 2, 4), sleep: async () => undefined };
  const source = {
    find: async (id: string) => (id === 'a' ? Json.parse('{"id":"a","balance":"1.5"}') : undefined),
    toAmounts: (row: Json) => toBalances(row).amounts,
  };
  const at = '2026-03-04T00:00:00.000Z';
  expect([
    await readCurrentBalances('a', clock, source),
    await readCurrentBalances('gone', clock, source),
  ]).toEqual([
    { accountId: 'a', at, amounts: [{ amount: 150n, asset: 'EUR/2' }] },
    { accountId: 'gone', at, amounts: [] },
  ]);
});
