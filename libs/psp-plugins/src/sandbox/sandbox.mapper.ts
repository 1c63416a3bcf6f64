/** Maps the simulated PSP's rows to records. Pure functions that validate every value. */
import {
  createCommonMetadata,
  formatAsset,
  getCurrencyDecimals,
  formatAmount,
  parseMoney,
  PspError,
  InvalidRecordError,
  type Account,
  type Balances,
  type Beneficiary,
  type Movement,
  type Order,
  type OrderResult,
  type OrderStatus,
  type RejectedRecord,
  type Transaction,
  type TransactionStatus,
  type TransactionType,
} from '@tributary/connector-api';
import type { PaymentRequest } from './sandbox.order-endpoint.js';

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

export function toAccount(row: unknown): Account | RejectedRecord {
  return mapOrReject(row, (fields) => ({
    id: requireString(fields, 'id'),
    name: requireString(fields, 'label'),
    openedAt: requireString(fields, 'opened'),
  }));
}

export function toBeneficiary(row: unknown): Beneficiary | RejectedRecord {
  return mapOrReject(row, (fields) => ({
    id: requireString(fields, 'id'),
    ownerName: requireString(fields, 'holder'),
    registeredAt: requireString(fields, 'added'),
    metadata: {
      'com.formance.spec/owner/name': requireString(fields, 'holder'),
      'com.formance.spec/owner/iban': requireString(fields, 'iban'),
      'com.formance.spec/owner/country': requireString(fields, 'country'),
    },
  }));
}

export function toTransaction(row: unknown): Transaction | RejectedRecord {
  return mapOrReject(row, (fields) => ({
    id: requireString(fields, 'id'),
    relatedTransactionId: optionalString(fields, 'original'),
    orderKey: optionalString(fields, 'key'),
    createdAt: requireString(fields, 'created'),
    type: translateWord(TYPES, requireString(fields, 'kind'), 'kind'),
    status: translateWord(STATUSES, requireString(fields, 'state'), 'state'),
    amount: parseMoney(requireString(fields, 'amount'), requireString(fields, 'currency')),
    scheme: optionalString(fields, 'scheme'),
    sourceAccountId: optionalString(fields, 'from'),
    destinationAccountId: optionalString(fields, 'to'),
    metadata: {
      'com.sandbox.spec/reference': requireString(fields, 'reference'),
      'com.sandbox.spec/state': requireString(fields, 'state'),
      ...createCommonMetadata({
        movement: classifyMovement(requireString(fields, 'kind'), requireString(fields, 'state')),
        reference: requireString(fields, 'reference'),
        relatedId: fields.kind === 'fee' ? optionalString(fields, 'original') : undefined,
      }),
    },
  }));
}

function classifyMovement(kind: string, state: string): Movement {
  const isReturned = state === 'refunded';
  switch (kind) {
    case 'payin':
      return isReturned ? 'refund' : 'payment';
    case 'payout':
      return isReturned ? 'payout_return' : 'payout';
    case 'transfer':
      return isReturned ? 'adjustment' : 'transfer';
    case 'fee':
      return 'fee';
    default:
      return 'other';
  }
}

/** @throws InvalidRecordError if the response violates the PSP's API. */
export function toBalances(accountId: string, answer: unknown): Balances {
  const fields = requireFields(answer);
  if (!Array.isArray(fields.held)) throw new InvalidRecordError('"held" of the balances is not a list');
  const held = fields.held.map(requireFields);
  return {
    accountId,
    at: requireString(fields, 'asOf'),
    amounts: held.map((entry) =>
      parseMoney(requireString(entry, 'amount'), requireString(entry, 'currency')),
    ),
  };
}

/** @throws PspError `rejected` if the PSP does not support the asset */
export function toPaymentRequest(order: Order): PaymentRequest {
  const { kind, idempotencyKey, reference, amount, sourceAccountId, destinationAccountId, metadata } = order;
  const currency = amount.asset.split('/')[0] ?? '';
  if (!isCurrencyAsset(currency, amount.asset)) {
    throw new PspError('rejected', `the sandbox has no currency for the asset ${amount.asset}`);
  }
  return {
    kind: kind === 'PAYOUT' ? 'payout' : 'transfer',
    ...{ key: idempotencyKey, reference, metadata, currency },
    amount: formatAmount(amount),
    from: sourceAccountId,
    to: destinationAccountId,
  };
}

/** @throws InvalidRecordError if the response violates the PSP's API. */
export function toOrderResult(row: unknown): OrderResult {
  const fields = requireFields(row);
  const reason = fields.reason === undefined ? undefined : requireFields(fields.reason);
  return {
    id: requireString(fields, 'id'),
    status: translateWord(ORDER_STATUSES, requireString(fields, 'state'), 'state'),
    ...(reason && {
      reason: { code: requireString(reason, 'code'), message: requireString(reason, 'text') },
    }),
  };
}

/** Tells whether the asset is an ISO 4217 currency with that currency's number of decimal places. */
function isCurrencyAsset(code: string, asset: string): boolean {
  const digits = getCurrencyDecimals(code);
  return digits !== undefined && formatAsset(code, digits) === asset;
}

type Fields = Readonly<Record<string, unknown>>;

function mapOrReject<T>(row: unknown, read: (fields: Fields) => T): T | RejectedRecord {
  try {
    return read(requireFields(row));
  } catch (error) {
    if (!(error instanceof InvalidRecordError)) throw error;
    return { id: getRejectedRowId(row), reason: error.message, raw: JSON.stringify(row) };
  }
}

/** Returns an id for a rejected row. Without an id it uses the reference, which stays the same when the row is listed again. */
function getRejectedRowId(row: unknown): string {
  const { id, reference } = isFields(row) ? row : {};
  if (typeof id === 'string' && id !== '') return id;
  return typeof reference === 'string' ? `without id: ${reference}` : `without id: ${JSON.stringify(row)}`;
}

function requireFields(row: unknown): Fields {
  if (!isFields(row)) throw new InvalidRecordError(`the row is ${JSON.stringify(row)}, expected an object`);
  return row;
}

function isFields(row: unknown): row is Fields {
  return typeof row === 'object' && row !== null && !Array.isArray(row);
}

function requireString(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || value === '') {
    throw new InvalidRecordError(`"${name}" is ${JSON.stringify(value) ?? 'missing'}, expected a string`);
  }
  return value;
}

function optionalString(fields: Fields, name: string): string | undefined {
  return fields[name] === undefined ? undefined : requireString(fields, name);
}

function translateWord<T>(words: ReadonlyMap<string, T>, found: string, name: string): T {
  const meaning = words.get(found);
  if (meaning === undefined) {
    throw new InvalidRecordError(
      `"${name}" is ${JSON.stringify(found)}, expected one of ${[...words.keys()].join(', ')}`,
    );
  }
  return meaning;
}
