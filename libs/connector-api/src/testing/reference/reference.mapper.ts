/** Maps the reference PSP's rows to records. Pure functions that validate every value. */
import { currencyToAsset, parseMoney, PspError } from '@tributary/connector-api';
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
  return { id: row.string('id'), name: row.string('name') };
}

export function toBeneficiary(row: Json): Beneficiary {
  return { id: row.string('id'), ownerName: row.string('name') };
}

export function toTransaction(row: Json): Transaction {
  const state = row.oneOf(STATES, 'state');
  const direction = row.oneOf(DIRECTIONS, 'direction');
  const account = row.string('account');
  const other = row.optionalString('other');
  return {
    id: row.string('id'),
    orderKey: row.optionalString('key'),
    createdAt: row.time('created'),
    type: TYPES[direction],
    status: STATUSES[state],
    amount: parseMoney(row.decimal('amount'), row.string('currency')),
    sourceAccountId: direction === 'in' ? other : account,
    destinationAccountId: direction === 'in' ? account : other,
    metadata: { 'com.reference.spec/state': state, 'com.reference.spec/text': row.optionalString('text') },
  };
}

export function toBalances(accountId: string, response: Json): Balances {
  const amount = parseMoney(response.decimal('amount'), response.string('currency'));
  return { accountId, at: response.time('at'), amounts: [amount] };
}

export function toOrderResult(payment: Json): OrderResult {
  return { id: payment.string('id'), status: STATUSES[payment.oneOf(STATES, 'state')] };
}

/** @throws PspError `rejected` if the PSP does not support the asset */
export function requireSupportedAsset({ amount: { asset } }: Order): void {
  const [currency = ''] = asset.split('/');
  if (!['EUR', 'JPY', 'KWD'].includes(currency) || currencyToAsset(currency) !== asset) {
    throw new PspError('rejected', `the reference PSP has no currency for the asset ${asset}`);
  }
}
