import { TRANSACTION_STATUSES } from '@tributary/connector-api';
import {
  changeRows,
  CORRECTIONS,
  RETYPED,
  createScriptedRows,
  STATUS_CHANGES,
  toScriptedData,
} from './scripted-rows.js';

const NOW = Date.parse('2026-03-10T09:00:00Z');
const rows = createScriptedRows(NOW);

it('has a row in every status of the contract, and more rows than a page of Formance has', () => {
  expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(TRANSACTION_STATUSES));
  expect(rows.length).toBeGreaterThan(100);
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
});

it('shows balances that are the sums of its rows', () => {
  const { balances } = toScriptedData(
    rows.filter(({ id }) => ['refunded', 'refund', 'reversal', 'to-reserve', 'decided'].includes(id)),
  );
  expect(balances).toEqual({
    main: [{ asset: 'EUR/2', amount: String(9000 - 4001 + 1001 - 600) }],
    reserve: [{ asset: 'EUR/2', amount: '600' }],
  });
});

it('changes only the named rows, and keeps their time', () => {
  const changed = changeRows(rows, STATUS_CHANGES[0]!, NOW + 1000);
  const different = changed.filter((row, index) => row !== rows[index]);
  expect(different.map(({ id, status }) => [id, status])).toEqual([
    ['decided', 'SUCCEEDED'],
    ['disputed', 'DISPUTE'],
    ['failed', 'FAILED'],
  ]);
  expect(different.map(({ createdAt }) => createdAt)).toEqual(
    rows.filter(({ id }) => different.some((row) => row.id === id)).map(({ createdAt }) => createdAt),
  );
});

it('corrects amounts by one cent', () => {
  for (const { id, amount } of Object.values(CORRECTIONS)) {
    const before = rows.find((row) => row.id === id)!.amount;
    expect(before.asset).toBe('EUR/2');
    expect(Math.abs(Number(amount) - Number(before.amount))).toBe(1);
  }
});

it('gives a row of another type the accounts of this type', () => {
  const retyped = changeRows(rows, { [RETYPED.id]: RETYPED }, NOW).find(({ id }) => id === RETYPED.id);
  const before = rows.find(({ id }) => id === RETYPED.id);
  expect(before).toMatchObject({ type: 'PAYIN', destinationAccountId: 'main' });
  expect(retyped).toMatchObject({ type: 'PAYOUT', sourceAccountId: 'main', destinationAccountId: 'payee' });
});
