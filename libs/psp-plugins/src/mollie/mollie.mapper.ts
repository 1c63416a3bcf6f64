/** Maps Mollie's transactions to rows, without side effects. Amounts are gross; each deduction is a row of its own. */
import { isIBAN } from 'class-validator';
import {
  addMoney,
  createPspMetadata,
  createOrderResult,
  extractOrderKey,
  InvalidRecordError,
  negateMoney,
  parseMoney,
  pickMetadata,
  normalizeIban,
  readScalar,
  readScalars,
  readText,
  toOtherMovement,
  toPayment,
} from '@tributary/connector-api';
import type {
  Money,
  MovementFields,
  OrderResult,
  OrderStatus,
  Transaction,
  UnlinkedRow,
} from '@tributary/connector-api';
import type { Json, JsonPath } from '@tributary/connector-api/http';
import {
  BUSINESS_MOVEMENTS,
  classifyBalanceTransaction,
  DEDUCTION_MOVEMENTS,
  DRAFT_TRANSFER_TYPES,
} from './mollie.types.js';
import type { BalanceTransactionKind, Payee } from './mollie.types.js';

const ORIGINAL_TYPES = { payment: 'PAYIN', transfer: 'PAYOUT' } as const;

/**
 * Maps one balance transaction to its row and one row for each deduction. The sum of the rows is `resultAmount`. Mollie's journal names payments
 * (`tr_…`) and transfers (`trf_…`), not the rows that contain them. So the row of a payment is served under the payment's id, and rows that refer
 * to the payment find it.
 */
export function toUnlinkedRows(json: Json, balanceId: string): UnlinkedRow[] {
  const [id, type] = [json.string('id'), json.string('type')];
  const initial = parseMoneyObject(json.object('initialAmount'));
  const kind = classifyBalanceTransaction(type, initial.amount);
  // `context.paymentId`, as in the examples and the prose, or `context.payment.paymentId`, as in the schema.
  const context = readScalars(json.at('context'));
  const { payment_id: paymentId, transfer_id: transferId, settlement_id: settlement } = context;
  const entries = { ...context, type, balance_transaction_id: id, balance_id: balanceId };
  const fields: MovementFields = {
    id,
    createdAt: json.time('createdAt'),
    accountId: balanceId,
    amount: initial,
    details: { settlement, relatedId: kind.isIncoming === undefined ? paymentId : undefined },
    metadata: createPspMetadata('mollie', entries),
  };
  // A payment or a transfer is served under its own id, and so is what refers to it.
  const details = { settlement, relatedId: paymentId ?? transferId ?? id };
  const deductions = listDeductions(json, initial).map(([name, amount]): UnlinkedRow => {
    const metadata = createPspMetadata('mollie', { ...entries, deduction: name });
    const deduction = { ...fields, id: `${id}-${name}`, amount, details, metadata };
    return { row: toOtherMovement(deduction, DEDUCTION_MOVEMENTS[name]) };
  });
  return [toUnlinked(fields, kind, context), ...deductions];
}

function toUnlinked(
  fields: MovementFields,
  { movement, rowType, belongsTo, link }: BalanceTransactionKind,
  context: Readonly<Record<string, string>>,
): UnlinkedRow {
  const row: Transaction = { ...toOtherMovement(fields, movement), type: rowType ?? 'OTHER' };
  const id = context[`${belongsTo}_id`];
  if (belongsTo === undefined || id === undefined) return { row };
  const original = { id, type: ORIGINAL_TYPES[belongsTo] };
  return { row, preferredId: rowType && id, linked: link?.(original, fields) };
}

/** Returns the deductions that are not zero, and under the name `other` what Mollie does not itemise. */
function listDeductions(json: Json, initial: Money): [name: string, amount: Money][] {
  const named = Object.keys(DEDUCTION_MOVEMENTS).flatMap((name): [string, Money][] => {
    const value = json.optionalObject('deductionDetails', name);
    return value === undefined ? [] : [[name, parseMoneyObject(value)]];
  });
  const known = [initial, ...named.map(([, amount]) => amount)].map(negateMoney);
  const all: [string, Money][] = [
    ...named,
    ['other', addMoney(parseMoneyObject(json.object('resultAmount')), ...known)],
  ];
  return all.filter(([, { amount }]) => amount !== 0n);
}

const BUSINESS_METADATA = {
  type: ['type'],
  description: ['description'],
  counterparty_name: ['counterparty', 'name'],
  counterparty_identifier: ['counterparty', 'identifier'],
  processed_at: ['processedAt'],
  mode: ['mode'],
};

/**
 * Maps one transaction of a business account.
 * @throws InvalidRecordError when its amount is negative
 */
export function toBusinessTransaction(json: Json, accountId: string): Transaction {
  const isCredit = json.oneOf(['credit', 'debit'], 'creditDebitIndicator') === 'credit';
  const money = parseMoneyObject(json.object('amount'));
  if (money.amount < 0n)
    throw new InvalidRecordError(
      `amount ${money.amount} is negative, and creditDebitIndicator tells the direction`,
    );
  const [type, description] = [json.string('type'), readText(json, 'description')];
  const canBeOrder = !isCredit && DRAFT_TRANSFER_TYPES.includes(type);
  const orderKey = canBeOrder ? extractOrderKey(description) : undefined;
  const fields: MovementFields = {
    id: json.string('id'),
    createdAt: json.time('createdAt'),
    accountId,
    amount: isCredit ? money : negateMoney(money),
    counterpartyId: parsePayee(json)?.iban,
    orderKey,
    status: json.has('processedAt') ? 'SUCCEEDED' : 'PENDING',
    details: {
      reference: description,
      bookedAt: readText(json, 'processedAt'),
      counterpartyName: readText(json, 'counterparty', 'name'),
      counterpartyAccount: readText(json, 'counterparty', 'identifier'),
    },
    metadata: {
      ...pickMetadata('mollie', json, BUSINESS_METADATA),
      ...createPspMetadata('mollie', { business_account_id: accountId }),
    },
  };
  // A transfer to another customer of Mollie can be an internal transfer. The transfer of an order is a payout nevertheless.
  const movement = orderKey === undefined ? BUSINESS_MOVEMENTS[type] : 'payment';
  if (movement === 'payment') return toPayment(fields);
  return { ...toOtherMovement(fields, movement), type: movement === undefined ? 'OTHER' : 'TRANSFER' };
}

/**
 * Returns the payee of a transaction of a business account. Returns `undefined` when the identifier of the counterparty is not an IBAN,
 * because it cannot be paid then.
 */
export function parsePayee(json: Json): Payee | undefined {
  if (json.string('creditDebitIndicator') !== 'debit' || json.string('type') !== 'bank-transfer')
    return undefined;
  const iban = normalizeIban(readScalar(json, 'counterparty', 'identifier') ?? '');
  const name = readScalar(json, 'counterparty', 'name');
  return name !== undefined && isIBAN(iban) ? { name, iban } : undefined;
}

/** `{ "currency": "EUR", "value": "12.50" }` → `{ amount: 1250n, asset: 'EUR/2' }`. @throws InvalidRecordError */
export function parseMoneyObject(amount: Json): Money {
  return parseMoney(amount.decimal('value'), amount.string('currency'));
}

/**
 * Creates the result of a payout or a draft transfer. Both have the same form for the reason of their status.
 * @param metadata properties to copy into the metadata: name in the metadata → path in the response
 */
export function toOrderResult(
  created: Json,
  status: OrderStatus,
  metadata: Readonly<Record<string, JsonPath>>,
): OrderResult {
  return createOrderResult({
    id: created.string('id'),
    status,
    reasonCode: readText(created, 'statusReason', 'code') ?? created.string('status'),
    reasonMessage: readText(created, 'statusReason', 'message'),
    metadata: pickMetadata('mollie', created, metadata),
  });
}
