/** Converts the reference PSP's rows to records. The functions are pure and validate every value. */
import {
  currencyToAsset,
  extractOrderKey,
  negateMoney,
  parseMoney,
  pickMetadata,
  PspError,
  readText,
  readValidTime,
  toConversion,
  toDispute,
  toDisputeReversal,
  toFee,
  toPayment,
  toPayoutReturn,
  toRefund,
  toTransfer,
  translateOrDefault,
  translateWord,
} from '@tributary/connector-api';
import type {
  Account,
  Balances,
  Beneficiary,
  Money,
  MovementFields,
  Order,
  OrderResult,
  Transaction,
} from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';

const STATUSES = { pending: 'PENDING', completed: 'SUCCEEDED', failed: 'FAILED' } as const;
const KINDS = [
  'payment',
  'refund',
  'fee',
  'dispute',
  'dispute_won',
  'return',
  'transfer',
  'conversion',
] as const;

export function toAccount(row: Json): Account {
  return { id: row.string('id'), name: row.string('name') };
}

export function toBeneficiary(row: Json): Beneficiary {
  return { id: row.string('id'), ownerName: row.string('name') };
}

/**
 * Converts a row to transactions.
 * @throws InvalidRecordError with the name of the invalid property
 */
export function toTransactions(row: Json): Transaction[] {
  const fields = readFields(row);
  switch (row.oneOf(KINDS, 'kind')) {
    case 'payment': {
      const isOutgoing = row.oneOf(['in', 'out'], 'direction') === 'out';
      return [toPayment({ ...fields, amount: isOutgoing ? negateMoney(fields.amount) : fields.amount })];
    }
    case 'refund':
      return [toRefund({ id: row.string('original'), type: 'PAYIN' }, fields)];
    case 'fee':
      return [toFee(fields, row.string('original'))];
    case 'dispute':
      return [toDispute({ id: row.string('original'), type: 'PAYIN' }, fields)];
    case 'dispute_won':
      return [toDisputeReversal({ id: row.string('original'), type: 'PAYIN' }, fields)];
    case 'return':
      return [toPayoutReturn({ id: row.string('original'), type: 'PAYOUT' }, fields)];
    case 'transfer':
      return [toTransfer({ ...fields, toAccountId: row.string('other') })];
    case 'conversion': {
      const amount = readMoney(row.object('bought'));
      const bought = { id: `${fields.id}-bought`, accountId: fields.accountId, amount };
      return toConversion({ ...fields, bought });
    }
  }
}

/**
 * Converts the surcharge of a movement, i.e. a fee that the PSP shows as a part of it.
 * @throws InvalidRecordError with the name of the invalid property
 */
export function toSurcharge(row: Json): Transaction {
  const { id, createdAt, accountId } = readFields(row);
  const amount = parseMoney(row.decimal('surcharge'), row.string('currency'));
  return toFee({ id: `${id}-surcharge`, createdAt, accountId, amount }, id);
}

function readFields(row: Json): MovementFields {
  return {
    id: row.string('id'),
    orderKey: extractOrderKey(readText(row, 'text')),
    createdAt: row.time('created'),
    updatedAt: readValidTime(row, 'changed'),
    status: row.has('original') ? undefined : translateWord(STATUSES, row, 'state'),
    amount: readMoney(row),
    accountId: row.string('account'),
    counterpartyId: row.optionalString('other'),
    details: { reference: readText(row, 'text'), bookedAt: row.time('created') },
    metadata: pickMetadata('reference', row, { state: ['state'], text: ['text'] }),
  };
}

export function readMoney(row: Json): Money {
  return parseMoney(row.decimal('amount'), row.string('currency'));
}

export function toBalances(accountId: string, response: Json): Balances {
  return { accountId, at: response.time('at'), amounts: [readMoney(response)] };
}

export function toOrderResult(payment: Json): OrderResult {
  return {
    id: payment.string('id'),
    status: translateOrDefault(STATUSES, payment.string('state'), 'PENDING'),
  };
}

/**
 * Throws an error if the PSP cannot pay the asset of an order.
 * @throws PspError `rejected`
 */
export function requireSupportedAsset({ amount: { asset } }: Order): void {
  const [currency = ''] = asset.split('/');
  if (!['EUR', 'JPY', 'KWD'].includes(currency) || currencyToAsset(currency) !== asset) {
    throw new PspError('rejected', `the reference PSP has no currency for the asset ${asset}`);
  }
}
