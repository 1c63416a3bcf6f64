/** Maps the simulated PSP's rows to records. Pure functions that validate every value. */
import {
  assetWithDigits,
  currencyDigits,
  formatAmount,
  money,
  PspError,
  RefusedError,
  type Account,
  type Balances,
  type Beneficiary,
  type Order,
  type OrderResult,
  type OrderStatus,
  type Refusal,
  type Transaction,
  type TransactionStatus,
  type TransactionType,
} from '@tributary/connector-api';
import type { PaymentRequest } from './sandbox.desk.js';

const TYPES = new Map<string, TransactionType>([
  ['payin', 'PAYIN'],
  ['payout', 'PAYOUT'],
  ['transfer', 'TRANSFER'],
  ['fee', 'OTHER'],
]);

const STATUSES = new Map<string, TransactionStatus>([
  ['pending', 'PENDING'],
  ['completed', 'SUCCEEDED'],
  ['failed', 'FAILED'],
  ['cancelled', 'CANCELLED'],
  ['expired', 'EXPIRED'],
  ['disputed', 'DISPUTE'],
  ['dispute_won', 'DISPUTE_WON'],
  ['dispute_lost', 'DISPUTE_LOST'],
  ['refunded', 'REFUNDED'],
]);

const ORDER_STATUSES = new Map<string, OrderStatus>([
  ['pending', 'PENDING'],
  ['completed', 'SUCCEEDED'],
  ['failed', 'FAILED'],
  ['returned', 'RETURNED'],
]);

export function readAccount(row: unknown): Account | Refusal {
  return readOrRefuse(row, (fields) => ({
    id: text(fields, 'id'),
    name: text(fields, 'label'),
    openedAt: text(fields, 'opened'),
  }));
}

export function readBeneficiary(row: unknown): Beneficiary | Refusal {
  return readOrRefuse(row, (fields) => ({
    id: text(fields, 'id'),
    ownerName: text(fields, 'holder'),
    registeredAt: text(fields, 'added'),
    metadata: {
      'com.formance.spec/owner/name': text(fields, 'holder'),
      'com.formance.spec/owner/iban': text(fields, 'iban'),
      'com.formance.spec/owner/country': text(fields, 'country'),
    },
  }));
}

export function readTransaction(row: unknown): Transaction | Refusal {
  return readOrRefuse(row, (fields) => ({
    id: text(fields, 'id'),
    relatedTransactionId: optionalText(fields, 'original'),
    orderKey: optionalText(fields, 'key'),
    createdAt: text(fields, 'created'),
    type: word(TYPES, text(fields, 'kind'), 'kind'),
    status: word(STATUSES, text(fields, 'state'), 'state'),
    amount: money(text(fields, 'amount'), text(fields, 'currency')),
    scheme: optionalText(fields, 'scheme'),
    sourceAccountId: optionalText(fields, 'from'),
    destinationAccountId: optionalText(fields, 'to'),
    metadata: {
      'com.sandbox.spec/reference': text(fields, 'reference'),
      'com.sandbox.spec/state': text(fields, 'state'),
    },
  }));
}

/** @throws InvalidRecordError if the response violates the PSP's API. */
export function readBalances(accountId: string, answer: unknown): Balances {
  const fields = fieldsOf(answer);
  if (!Array.isArray(fields.held)) throw new RefusedError('"held" of the balances is not a list');
  const held = fields.held.map(fieldsOf);
  return {
    accountId,
    at: text(fields, 'asOf'),
    amounts: held.map((entry) => money(text(entry, 'amount'), text(entry, 'currency'))),
  };
}

/** @throws PspError `rejected` if the PSP does not support the asset */
export function writePayment(order: Order): PaymentRequest {
  const { kind, key, reference, amount, sourceAccountId, destinationAccountId, metadata } = order;
  const currency = amount.asset.split('/')[0] ?? '';
  if (!isCurrency(currency, amount.asset)) {
    throw new PspError('rejected', `the sandbox has no currency for the asset ${amount.asset}`);
  }
  return {
    kind: kind === 'PAYOUT' ? 'payout' : 'transfer',
    ...{ key, reference, metadata, currency },
    amount: formatAmount(amount),
    from: sourceAccountId,
    to: destinationAccountId,
  };
}

/** @throws InvalidRecordError if the response violates the PSP's API. */
export function readPayment(row: unknown): OrderResult {
  const fields = fieldsOf(row);
  const reason = fields.reason === undefined ? undefined : fieldsOf(fields.reason);
  return {
    id: text(fields, 'id'),
    status: word(ORDER_STATUSES, text(fields, 'state'), 'state'),
    ...(reason && { reason: { code: text(reason, 'code'), message: text(reason, 'text') } }),
  };
}

/** Tells whether the asset is an ISO 4217 currency with that currency's number of decimal places. */
function isCurrency(code: string, asset: string): boolean {
  const digits = currencyDigits(code);
  return digits !== undefined && assetWithDigits(code, digits) === asset;
}

type Fields = Readonly<Record<string, unknown>>;

function readOrRefuse<T>(row: unknown, read: (fields: Fields) => T): T | Refusal {
  try {
    return read(fieldsOf(row));
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return { id: nameOf(row), refused: error.message, raw: JSON.stringify(row) };
  }
}

/** Returns an id for a rejected row. Without an id it uses the reference, which stays the same when the row is listed again. */
function nameOf(row: unknown): string {
  const { id, reference } = isFields(row) ? row : {};
  if (typeof id === 'string' && id !== '') return id;
  return typeof reference === 'string' ? `without id: ${reference}` : `without id: ${JSON.stringify(row)}`;
}

function fieldsOf(row: unknown): Fields {
  if (!isFields(row)) throw new RefusedError(`the row is ${JSON.stringify(row)}, expected an object`);
  return row;
}

function isFields(row: unknown): row is Fields {
  return typeof row === 'object' && row !== null && !Array.isArray(row);
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || value === '') {
    throw new RefusedError(`"${name}" is ${JSON.stringify(value) ?? 'missing'}, expected a text`);
  }
  return value;
}

function optionalText(fields: Fields, name: string): string | undefined {
  return fields[name] === undefined ? undefined : text(fields, name);
}

function word<T>(words: ReadonlyMap<string, T>, found: string, name: string): T {
  const meaning = words.get(found);
  if (meaning === undefined) {
    throw new RefusedError(
      `"${name}" is ${JSON.stringify(found)}, expected one of ${[...words.keys()].join(', ')}`,
    );
  }
  return meaning;
}
