/** Converts Mollie's transactions to rows. The functions are pure. Amounts are gross, and each deduction becomes a separate row. */
import { isIBAN } from 'class-validator';
import {
  applyDirection,
  createPspMetadata,
  parseMoney,
  pickProperties,
  normalizeIban,
  readDeductions,
  readOrderKey,
  readScalar,
  readScalars,
  readText,
  toOtherMovement,
  toPayment,
  toUnlinkedRow,
  translateOrDefault,
} from '@tributary/connector-api';
import type {
  Money,
  Movement,
  MovementFields,
  Payee,
  Transaction,
  UnlinkedRow,
} from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import {
  BALANCE_MOVEMENTS,
  BUSINESS_MOVEMENTS,
  DEDUCTION_MOVEMENTS,
  TYPES_FROM_DRAFT_TRANSFERS,
  TOP_UP_TYPES,
} from './mollie.vocabulary.js';

/**
 * Converts a balance transaction to its row, and each of its deductions to another row. The sum of these rows is `resultAmount`. Mollie's
 * journal contains the ids of payments (`tr_…`) and transfers (`trf_…`), but it never refers to a row of the journal. So the row of a
 * payment is served under the payment's id, and other rows can be linked to the payment by this id.
 */
export function toUnlinkedRows(json: Json, balanceId: string): UnlinkedRow[] {
  const [id, type] = [json.string('id'), json.string('type')];
  const amount = parseMoneyObject(json.object('initialAmount'));
  const movement = translateOrDefault<Movement>(BALANCE_MOVEMENTS, type, 'other');
  // Mollie's document contradicts itself: its examples have `context.paymentId`, and its schema has `context.payment.paymentId`. The code
  // accepts both.
  const context = readScalars(json.at('context'));
  const { payment_id: paymentId, transfer_id: transferId, settlement_id: settlement } = context;
  const entries = { ...context, type, balance_transaction_id: id, balance_id: balanceId };
  const metadata = createPspMetadata('mollie', entries);
  const createdAt = json.time('createdAt');
  const fields = { id, createdAt, accountId: balanceId, amount, details: { settlement }, metadata };
  const originalId = movement === 'payout' || movement === 'payout_return' ? transferId : paymentId;
  // A payment or transfer is served under its own id, so the related id is the id of the payment or transfer.
  const details = { settlement, relatedId: paymentId ?? transferId ?? id };
  const net = parseMoneyObject(json.object('resultAmount'));
  const amounts = { gross: amount, net, parseMoney: parseMoneyObject };
  const names = Object.keys(DEDUCTION_MOVEMENTS);
  const deductions = readDeductions(json.at('deductionDetails'), names, amounts).map(([name, deducted]) => {
    const metadata = createPspMetadata('mollie', { ...entries, deduction: name });
    const deduction = { ...fields, id: `${id}-${name}`, amount: deducted, details, metadata };
    return { row: toOtherMovement(deduction, DEDUCTION_MOVEMENTS[name]) };
  });
  return [
    toUnlinkedRow(movement, fields, TOP_UP_TYPES.includes(type) ? undefined : originalId),
    ...deductions,
  ];
}

/**
 * Converts one transaction of a business account.
 * @throws InvalidRecordError if its amount is negative
 */
export function toBusinessTransaction(json: Json, accountId: string): Transaction {
  const isCredit = json.oneOf(['credit', 'debit'], 'creditDebitIndicator') === 'credit';
  const [type, description] = [json.string('type'), readText(json, 'description')];
  const canBeOrder = !isCredit && TYPES_FROM_DRAFT_TRANSFERS.includes(type);
  const orderKey = canBeOrder ? readOrderKey(json) : undefined;
  const fields: MovementFields = {
    id: json.string('id'),
    createdAt: json.time('createdAt'),
    accountId,
    amount: applyDirection(parseMoneyObject(json.object('amount')), isCredit, 'creditDebitIndicator'),
    counterpartyId: parsePayees(json)[0]?.iban,
    orderKey,
    status: json.has('processedAt') ? 'SUCCEEDED' : 'PENDING',
    details: {
      reference: description,
      bookedAt: readText(json, 'processedAt'),
      counterpartyName: readText(json, 'counterparty', 'name'),
      counterpartyAccount: readText(json, 'counterparty', 'identifier'),
    },
    metadata: {
      ...pickProperties('mollie', json, ['type', 'description', 'processedAt', 'mode']),
      ...pickProperties('mollie', json, ['name', 'identifier'], 'counterparty'),
      ...createPspMetadata('mollie', { business_account_id: accountId }),
    },
  };
  // Mollie can execute a transfer to another customer of Mollie as an internal transfer. If the transfer executes an order, it is a payout
  // nevertheless.
  const movement =
    orderKey === undefined ? translateOrDefault(BUSINESS_MOVEMENTS, type, undefined) : 'payment';
  if (movement === 'payment') return toPayment(fields);
  return { ...toOtherMovement(fields, movement), type: movement === undefined ? 'OTHER' : 'TRANSFER' };
}

/**
 * Returns the payee of a transaction of a business account. The result is empty if the identifier of the counterparty is not an IBAN,
 * because such a payee cannot be paid.
 */
export function parsePayees(json: Json): Payee[] {
  if (json.string('creditDebitIndicator') !== 'debit' || json.string('type') !== 'bank-transfer') return [];
  const iban = normalizeIban(readScalar(json, 'counterparty', 'identifier') ?? '');
  const name = readScalar(json, 'counterparty', 'name');
  return name !== undefined && isIBAN(iban) ? [{ name, iban }] : [];
}

/**
 * Converts an amount object to money: `{ "currency": "EUR", "value": "12.50" }` → `{ amount: 1250n, asset: 'EUR/2' }`.
 * @throws InvalidRecordError for an invalid amount object
 */
export function parseMoneyObject(amount: Json): Money {
  return parseMoney(amount.decimal('value'), amount.string('currency'));
}
