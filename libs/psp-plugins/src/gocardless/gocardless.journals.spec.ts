/** Tests the accounts of rows: journals with entries that appear late, payouts into a payment account, and creditors that are not listed. */
import { pull, startFake, type PullTest } from './testing/pull-transactions.js';

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

/** Returns one line for each row: its id, type, status, and its effect. */
function formatRows({ feed }: Pick<PullTest, 'feed'>): string[] {
  return feed
    .getTransactions()
    .map(({ id, type, status, amount, sourceAccountId, destinationAccountId }) =>
      [id, type, status, amount.amount, `${sourceAccountId} → ${destinationAccountId}`].join(' '),
    )
    .toSorted();
}

it('a payout into a payment account is one transfer between the two accounts', async () => {
  const { addEntry, ...test } = await startWithAccount();
  const payout = { amount: 100, currency: 'GBP', status: 'pending', deducted_fees: 0 };
  test.fake.tables.payouts.add({
    ...{ ...payout, id: 'PO1', created_at: test.created_at(5) },
    links: { ...links, creditor_bank_account: 'BA9' },
  });
  test.fake.tables.payout_items.add({
    ...{ type: 'payment_paid_out', amount: '100.0', links: { payout: 'PO1', payment: 'PM1' } },
  });
  // The journal names a payout that GoCardless does not list, so only this entry tells its money.
  addEntry('T1', 3, { amount: 30, links: { payout: 'PO0' } });
  let cursor = await pull(test);
  expect(formatRows(test)).toEqual([
    ...['PO1 TRANSFER PENDING 100 CR1 → BA9', 'T1 TRANSFER SUCCEEDED 30 undefined → BA9'],
  ]);
  test.fake.change('payouts', 'PO1', 'paid', { status: 'paid' });
  addEntry('T2', 2, { links: { payout: 'PO1' } });
  test.clock.advance(DAY_MS);
  cursor = await pull(test, cursor);
  expect(formatRows(test)).toEqual([
    ...['PO1 TRANSFER SUCCEEDED 100 CR1 → BA9', 'T1 TRANSFER SUCCEEDED 30 undefined → BA9'],
  ]);
  test.fake.change('payouts', 'PO1', 'bounced', { status: 'bounced' });
  addEntry('T3', 1, { direction: 'debit', links: { payout: 'PO1' } });
  test.clock.advance(DAY_MS);
  await pull(test, cursor);
  expect(formatRows(test)).toEqual([
    'PO1 TRANSFER SUCCEEDED 100 CR1 → BA9',
    'PO1.returned TRANSFER REFUNDED 100 BA9 → CR1',
    'T1 TRANSFER SUCCEEDED 30 undefined → BA9',
  ]);
  await test.fake.server.close();
});

it('a row of a creditor that is not listed is rejected, until the creditor is listed', async () => {
  const test = await startFake();
  const payment = { amount: 1000, currency: 'GBP', status: 'confirmed' };
  for (const creditor of ['CR1', 'CR2'])
    test.fake.tables.payments.add({
      ...{ ...payment, id: `PM-${creditor}`, created_at: test.created_at(3), links: { creditor } },
    });
  const cursor = await pull(test);
  expect(formatRows(test)).toEqual(['PM-CR1 PAYIN SUCCEEDED 1000 undefined → CR1']);
  expect(test.feed.rejectedRecords.get('PM-CR2')?.reason).toContain('names CR2');
  test.fake.tables.creditors.add({ id: 'CR2', created_at: test.created_at(0), name: 'Acme 2' });
  test.clock.advance(DAY_MS);
  await pull(test, cursor);
  expect(formatRows(test)).toHaveLength(2);
  expect(test.feed.rejectedRecords.size).toBe(0);
  await test.fake.server.close();
});
