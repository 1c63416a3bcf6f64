import type { Transaction } from '../record.types.js';
import { parseServedTransaction } from './parse-served-transaction.js';
import { serializeTransaction } from './serialize-records.js';

const WHOLE: Transaction = {
  ...{ id: 'fee 1/ä', relatedTransactionId: 'pay 1', scheme: 'visa', type: 'OTHER', status: 'SUCCEEDED' },
  ...{ createdAt: '2026-01-31T10:20:30.000Z', amount: { amount: 9_007_199_254_740_993n, asset: 'EUR/2' } },
  ...{ sourceAccountId: 'my account', destinationAccountId: 'b', metadata: { 'com.acme.spec/type': 'x' } },
};
const SHORT: Transaction = {
  ...{ id: 'fee-1', type: 'PAYIN', status: 'PENDING', createdAt: '2026-01-31T10:20:30.000Z' },
  amount: { amount: 0n, asset: 'JPY' },
};

it.each([WHOLE, SHORT])('returns the transaction that was served', (transaction) => {
  const { content } = serializeTransaction(transaction);
  const parsed = parseServedTransaction(`${content}}`);
  expect({ ...parsed, metadata: transaction.metadata }).toEqual({
    ...transaction,
    metadata: transaction.metadata,
  });
  // A row that is served once more is the same version.
  expect(serializeTransaction(parsed).content).toBe(content);
});
