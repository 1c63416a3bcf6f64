/** Tests journals of payment accounts: entries that appear late, and payouts that go into a payment account. */
import { pull, startFake } from './testing/pull-transactions.js';

const DAY_MS = 86_400_000;
const links = { creditor: 'CR1' };

async function startWithAccount() {
  const test = await startFake();
  test.fake.tables.payment_accounts.add({ id: 'BA9', currency: 'GBP', account_balance: 0, links });
  const addEntry = (id: string, days: number, more: object) =>
    test.fake.getJournal('BA9').add({
      ...{ id, amount: 100, currency: 'GBP', direction: 'credit', links: {} },
      ...{ value_date: test.created_at(days).slice(0, 10), ...more },
    });
  return { ...test, addEntry };
}

it('an entry that appears weeks after its day is found by the next regular reading', async () => {
  const { addEntry, ...test } = await startWithAccount();
  addEntry('T1', 40, {});
  let cursor = await pull(test);
  addEntry('T2', 20, { amount: 77 });
  test.clock.advance(DAY_MS);
  cursor = await pull(test, cursor);
  expect(test.feed.getTransactions().map(({ id }) => id)).toEqual(['T1', 'T2']);
  await test.fake.server.close();
});
