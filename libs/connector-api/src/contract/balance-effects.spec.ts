import { readBalanceEffects, toBalanceEffects } from './balance-effects.js';

const ROW = { type: 'PAYOUT', status: 'SUCCEEDED', amount: 1200n } as const;
const ACCOUNTS = { sourceAccountId: 'acc-1', destinationAccountId: 'ben-1' };

it('books an order of Formance in JPY/0 on the balance in JPY', () => {
  const effect = { accountId: 'acc-1', asset: 'JPY', amount: -1200n };
  expect(toBalanceEffects({ ...ROW, ...ACCOUNTS, asset: 'JPY/0' })).toEqual([effect]);
  expect(toBalanceEffects({ ...ROW, ...ACCOUNTS, asset: 'JPY' })).toEqual([effect]);
  const served = { type: 'PAYOUT', status: 'SUCCEEDED', amount: '1200', currency: 'JPY/0' };
  const body = JSON.stringify({ ...served, sourceAccountID: 'acc-1', destinationAccountID: 'ben-1' });
  expect(readBalanceEffects([body])).toEqual([effect]);
});

it('leaves assets with decimals as they are', () => {
  expect(toBalanceEffects({ ...ROW, ...ACCOUNTS, asset: 'EUR/2' })).toMatchObject([{ asset: 'EUR/2' }]);
});
