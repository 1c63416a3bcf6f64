import { Json } from '../http/json-accessors.js';
import { parseMoney } from '../money.js';
import { createAccountPage } from './account-page.js';

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
