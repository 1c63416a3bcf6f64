/** Maps the reference PSP's rows to records. Pure functions that validate every value. */
import { assetOf, money, PspError } from '@tributary/connector-api';
import type {
  Account,
  Balances,
  Beneficiary,
  Order,
  OrderResult,
  Transaction,
} from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';

const STATUSES = { pending: 'PENDING', completed: 'SUCCEEDED', failed: 'FAILED' } as const;
const STATES = Object.keys(STATUSES) as (keyof typeof STATUSES)[];
const TYPES = { in: 'PAYIN', out: 'PAYOUT', own: 'TRANSFER' } as const;
const DIRECTIONS = Object.keys(TYPES) as (keyof typeof TYPES)[];

export function toAccount(row: Json): Account {
  return { id: row.text('id'), name: row.text('name') };
}

export function toBeneficiary(row: Json): Beneficiary {
  return { id: row.text('id'), ownerName: row.text('name') };
}

export function toTransaction(row: Json): Transaction {
  const state = row.oneOf(STATES, 'state');
  const direction = row.oneOf(DIRECTIONS, 'direction');
  const account = row.text('account');
  const other = row.optionalText('other');
  return {
    id: row.text('id'),
    orderKey: row.optionalText('key'),
    createdAt: row.time('created'),
    type: TYPES[direction],
    status: STATUSES[state],
    amount: money(row.decimal('amount'), row.text('currency')),
    sourceAccountId: direction === 'in' ? other : account,
    destinationAccountId: direction === 'in' ? account : other,
    metadata: { 'com.reference.spec/state': state, 'com.reference.spec/text': row.optionalText('text') },
  };
}

export function toBalances(accountId: string, answer: Json): Balances {
  const amount = money(answer.decimal('amount'), answer.text('currency'));
  return { accountId, at: answer.time('at'), amounts: [amount] };
}

export function toResult(payment: Json): OrderResult {
  return { id: payment.text('id'), status: STATUSES[payment.oneOf(STATES, 'state')] };
}

/** @throws PspError `rejected` if the PSP does not support the asset */
export function checkAsset({ amount: { asset } }: Order): void {
  const [currency = ''] = asset.split('/');
  if (!['EUR', 'JPY', 'KWD'].includes(currency) || assetOf(currency) !== asset) {
    throw new PspError('rejected', `the reference PSP has no currency for the asset ${asset}`);
  }
}
