/**
 * Maps one transaction of PayPal to rows, without side effects. A transaction changes the balance by its amount and its fee, which have signs. All
 * functions throw InvalidRecordError, which names the invalid property.
 */
import {
  addMoney,
  createPspMetadata,
  extractOrderKey,
  InvalidRecordError,
  isValidTime,
  negateMoney,
  normalizeTime,
  pickProperties,
  readText,
  toAbsoluteMoney,
  toFee,
  toOtherMovement,
  toPayment,
  toRecordFee,
  toUnlinkedRow,
  translateWord,
} from '@tributary/connector-api';
import type {
  Money,
  Movement,
  MovementFields,
  RowDetails,
  SharedIdRecord,
  UnlinkedRow,
} from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { INITIATION_DATE, parseMoneyObject, readTime } from './paypal.client.js';
import type { PaypalSettings } from './paypal.config.js';
import * as words from './paypal.vocabulary.js';

const { PLUGIN_NAME } = words;
type ParsedTransaction = ReturnType<typeof parseTransaction>;

/**
 * Maps a transaction to its row and to the row of its fee.
 * @returns no row for a refund or reversal that is undecided, because the row would mark the payment as pending
 */
export function toUnlinkedRows(row: Json, settings: PaypalSettings, record: SharedIdRecord): UnlinkedRow[] {
  const whole = parseTransaction(row, settings, record);
  return [...createRows(whole, settings), ...createFeeRows(whole)];
}

function parseTransaction(row: Json, { accountId }: PaypalSettings, record: SharedIdRecord) {
  const info = row.object('transaction_info');
  const code = info.text('transaction_event_code');
  if (!/^T\d{4}$/.test(code))
    throw new InvalidRecordError(
      `transaction_event_code: expected a code like T0006, found ${JSON.stringify(code)}`,
    );
  const amount = parseMoneyObject(info.object('transaction_amount'));
  const fee = info.has('fee_amount') ? parseMoneyObject(info.object('fee_amount')) : undefined;
  const createdAt = readTime(info, INITIATION_DATE) ?? '';
  normalizeTime(createdAt, INITIATION_DATE);
  const updatedAt = readTime(info, 'transaction_updated_date') ?? '';
  const counterpartyId = readText(info, 'paypal_account_id');
  const fields = {
    ...{ id: record.key, createdAt, accountId, amount },
    updatedAt: isValidTime(updatedAt) ? updatedAt : undefined,
    status: translateWord(words.TRANSACTION_STATUSES, info, 'transaction_status'),
    counterpartyId: counterpartyId === accountId ? undefined : counterpartyId,
    scheme: readText(info, 'instrument_type') ?? readText(info, 'payment_method_type'),
    details: readDetails(row, amount, fee),
    metadata: createTransactionMetadata(row, record.key),
  } satisfies MovementFields;
  // The plugin sends the key of the order with the payout. PayPal's document about this field: "Usually, this field includes the unique ID
  // for payments made with MassPay type transaction".
  const orderKey = extractOrderKey(readText(info, 'custom_field'));
  // The reference may also name an order, a subscription or an agreement instead of a transaction.
  const isAboutTransaction = (readText(info, 'paypal_reference_id_type') ?? 'TXN') === 'TXN';
  const originalId = isAboutTransaction ? readText(info, 'paypal_reference_id') : undefined;
  return {
    record: { ...record, id: info.text('transaction_id') },
    fee,
    fields,
    kind: words.getTransactionKind(code),
    originalId,
    orderKey,
  };
}

function createRows(whole: ParsedTransaction, settings: PaypalSettings): UnlinkedRow[] {
  const { kind, originalId, orderKey } = whole;
  const preferredId = whole.record.rowId;
  const { accountId, balance } = settings;
  const fields: MovementFields = whole.fields;
  const isOutgoing = whole.fields.amount.amount < 0n;
  const related = { ...fields, details: { ...fields.details, relatedId: originalId } };
  switch (kind) {
    case 'payment':
      return [{ row: toPayment({ ...fields, orderKey: isOutgoing ? orderKey : undefined }), preferredId }];
    case 'refund':
    case 'reversal':
    case 'dispute':
      return createReturnRows(whole, words.RETURN_MOVEMENTS[kind][isOutgoing ? 'outgoing' : 'incoming']);
    case 'fee': {
      // The row names the payment in its metadata only. Clients merge two fees of one payment, and the payment may have a fee of its own.
      const fee = { ...related, counterpartyId: undefined, amount: negateMoney(fields.amount) };
      return [{ row: toFee(fee), preferredId }];
    }
    case 'conversion':
    case 'transfer':
      return [{ row: { ...toOtherMovement(related, kind), type: 'TRANSFER' }, preferredId }];
    case 'hold': {
      // Money on hold leaves the available balance but stays in the total balance. So for the total balance, source and destination of the
      // row are the same account.
      const accounts = { sourceAccountId: accountId, destinationAccountId: accountId };
      return [{ row: { ...toOtherMovement(related), ...(balance === 'total' && accounts) }, preferredId }];
    }
    case 'memo':
      return [{ row: { ...toOtherMovement(related), status: 'OTHER' }, preferredId }];
    case 'adjustment':
    case 'interest':
    case 'tax':
    case 'other':
      return [{ row: toOtherMovement(related, kind), preferredId }];
  }
}

/** Creates a row that takes back a payment or a payout, or that restores it. */
function createReturnRows(whole: ParsedTransaction, movement: Movement): UnlinkedRow[] {
  const { fields, originalId } = whole;
  const preferredId = whole.record.rowId;
  if (fields.status === 'PENDING') return [];
  const orderKey = movement === 'payout_return' ? whole.orderKey : undefined;
  const isDenied = fields.status === 'FAILED';
  const decided = { ...fields, orderKey, status: isDenied ? fields.status : undefined };
  const { row, linked } = toUnlinkedRow(movement, decided, originalId);
  if (linked === undefined) return [{ row, preferredId }];
  const link = isDenied ? { ...linked, status: 'REFUNDED_FAILURE' as const } : linked;
  // The payout of an order is served as the order, so `linkRows` does not find the payout. The gateway links the row by the order's key.
  return [orderKey === undefined ? { row, linked: link, preferredId } : { row: link, preferredId }];
}

/**
 * Creates the row of the fee of a transaction whose money moved. PayPal's amount is negative for a fee that was charged. If PayPal gives
 * back a fee with a refund, the row names the refund in its metadata only.
 */
function createFeeRows({ record, fee, fields, kind, orderKey }: ParsedTransaction): UnlinkedRow[] {
  const charged = fee !== undefined && fields.status === 'SUCCEEDED' ? negateMoney(fee) : undefined;
  const options = { psp: PLUGIN_NAME, isLinked: kind === 'payment' };
  return toRecordFee(record, { ...fields, orderKey }, charged, options);
}

function readDetails(row: Json, amount: Money, fee: Money | undefined): RowDetails {
  const [info, payer] = [row.at('transaction_info'), row.at('payer_info')];
  const names = ['given_name', 'surname'].flatMap((name) => readText(payer, 'payer_name', name) ?? []);
  const hasNet = fee?.asset === amount.asset && amount.amount > 0n;
  return {
    reference: readText(info, 'transaction_subject') ?? readText(info, 'transaction_note'),
    merchantReference: readText(info, 'invoice_id') ?? readText(info, 'custom_field'),
    counterpartyName: readText(payer, 'payer_name', 'alternate_full_name') ?? names.join(' '),
    counterpartyAccount: readText(info, 'paypal_account_id') ?? readText(payer, 'email_address'),
    ...(hasNet && { fee: toAbsoluteMoney(fee), net: addMoney(amount, fee) }),
  };
}

/**
 * These properties do not become metadata. PayPal sends the balances after a transaction only without filters. The times are properties of
 * the row.
 */
const LEFT_OUT = /_balance$|_date$/;

/** Returns all properties of a transaction as metadata. An amount is represented by its value. */
function createTransactionMetadata(row: Json, key: string) {
  const info = row.at('transaction_info');
  const names = info.propertyNames().filter((name) => !LEFT_OUT.test(name));
  const values = names.map((name) => [name, readText(info, name, 'value') ?? readText(info, name)] as const);
  return {
    ...createPspMetadata(PLUGIN_NAME, { ...Object.fromEntries(values), record_id: key }),
    ...pickProperties(PLUGIN_NAME, row, ['account_id', 'email_address', 'country_code'], 'payer_info'),
  };
}
