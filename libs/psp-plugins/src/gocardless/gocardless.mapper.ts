/** Maps objects of GoCardless to rows, without side effects. All functions throw InvalidRecordError, which names the invalid property. */
import {
  applyDirection,
  createPspMetadata,
  negateMoney,
  parseMinorUnits,
  pickProperties,
  readText,
  reverseRow,
  toConversion,
  toOtherMovement,
  toPayment,
  toPayoutReturn,
  toRefund,
  translateWord,
} from '@tributary/connector-api';
import type { Metadata, Money, MovementFields, Transaction } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import {
  ORDER_KEY_NAME,
  OUTBOUND_STATUSES,
  PAYMENT_STATUSES,
  PAYOUT_STATES,
  PLUGIN_NAME,
  REFUND_STATES,
} from './gocardless.vocabulary.js';

/** The words of payments whose money was taken back. If the payment is in a payout, an item of a later payout takes it. */
const TAKEN_BACK: readonly string[] = ['charged_back', 'failed'];

export function toPaymentRow(json: Json): Transaction {
  const status = translateWord(PAYMENT_STATUSES, json, 'status');
  const settlement = readText(json, 'links', 'payout');
  const isPaidOut = settlement !== undefined && TAKEN_BACK.includes(json.string('status'));
  return toPayment({
    ...readCommonFields(json, json.string('links', 'creditor')),
    amount: readAmount(json),
    status: isPaidOut ? 'SUCCEEDED' : status,
    scheme: readText(json, 'scheme'),
    details: {
      reference: readText(json, 'reference'),
      valueDate: readText(json, 'charge_date'),
      settlement: isPaidOut || status === 'SUCCEEDED' ? settlement : undefined,
    },
  });
}

/**
 * Maps a refund.
 * @returns no rows before a payout was reduced by it: a row would change the payment
 */
export function toRefundRows(json: Json, creditorId: string): Transaction[] {
  const state = translateWord(REFUND_STATES, json, 'status');
  const original = readText(json, 'links', 'payment');
  const fields: MovementFields = {
    ...readCommonFields(json, creditorId),
    amount: readAmount(json),
    details: { reference: readText(json, 'reference'), relatedId: original },
  };
  if (state === 'none') return [];
  const row =
    original === undefined
      ? toOtherMovement({ ...fields, amount: negateMoney(fields.amount) }, 'refund')
      : toRefund({ id: original, type: 'PAYIN' }, fields);
  if (state === 'paid') return [row];
  const returned = reverseRow(row, `${row.id}.funds_returned`);
  // The return of a refund without a payment belongs to nothing that clients could subtract it from.
  return [row, original === undefined ? { ...returned, status: 'SUCCEEDED' } : returned];
}

/**
 * Maps a payout, without its items. A payout in another currency than that of its items is also a conversion.
 * @returns no rows for such a payout as long as GoCardless has not exchanged the money
 */
export function toPayoutRows(json: Json): Transaction[] {
  const accountId = json.string('links', 'creditor');
  const common = readCommonFields(json, accountId);
  const amount = readAmount(json);
  const isPending = translateWord(PAYOUT_STATES, json, 'status') === 'pending';
  const currency = readText(json, 'fx', 'fx_currency');
  const isExchanged = currency !== undefined && currency !== json.string('currency');
  if (isExchanged && !json.has('fx', 'fx_amount')) return [];
  const paid = isExchanged ? parseMinorUnits(json.decimal('fx', 'fx_amount'), currency) : amount;
  const payout = toPayment({
    ...common,
    amount: negateMoney(paid),
    isZeroOutgoing: true,
    status: isPending ? 'PENDING' : 'SUCCEEDED',
    counterpartyId: readText(json, 'links', 'creditor_bank_account'),
    details: {
      reference: readText(json, 'reference'),
      settlement: common.id,
      valueDate: readText(json, 'arrival_date'),
      original: isExchanged ? amount : undefined,
    },
  });
  if (!isExchanged) return [payout];
  const bought = { id: `${common.id}.bought`, accountId, amount: paid };
  return [...toConversion({ ...common, id: `${common.id}.sold`, amount, bought }), payout];
}

/** @param accountId the payment account that pays */
export function toOutboundPaymentRow(json: Json, accountId: string): Transaction {
  return toPayment({
    ...readCommonFields(json, accountId),
    amount: negateMoney(readAmount(json)),
    isZeroOutgoing: true,
    status: translateWord(OUTBOUND_STATUSES, json, 'status'),
    scheme: readText(json, 'scheme'),
    counterpartyId: readText(json, 'links', 'recipient_bank_account'),
    orderKey: readText(json, 'metadata', ORDER_KEY_NAME),
    details: { reference: readText(json, 'reference'), valueDate: readText(json, 'execution_date') },
  });
}

/** Returns the id of the row for an outbound payment that came back. */
export function getReturnId(outboundPaymentId: string): string {
  return `${outboundPaymentId}.return`;
}

/**
 * Maps one entry of the journal of a payment account: a top-up, money that an outbound payment did not bring to its recipient, a payout of GoCardless
 * into this account, or a debit that no outbound payment explains.
 * @returns `undefined` for the debit of an outbound payment, which has a row of its own
 */
export function toAccountTransactionRow(json: Json, accountId: string): Transaction | undefined {
  const isCredit = json.oneOf(['credit', 'debit'], 'direction') === 'credit';
  const [outbound, payout] = [readText(json, 'links', 'outbound_payment'), readText(json, 'links', 'payout')];
  const valueDate = json.string('value_date');
  const fields: MovementFields = {
    ...readCommonFields(json, accountId, `${valueDate}T00:00:00Z`),
    amount: applyDirection(readAmount(json), isCredit, 'direction'),
    details: {
      reference: readText(json, 'reference'),
      counterpartyName: readText(json, 'counterparty_name'),
      relatedId: outbound ?? payout,
      valueDate,
    },
  };
  if (outbound !== undefined) {
    const ids = createPspMetadata(PLUGIN_NAME, { payment_account_transaction: fields.id });
    const returned = { ...fields, id: getReturnId(outbound), metadata: { ...fields.metadata, ...ids } };
    return isCredit ? toPayoutReturn({ id: outbound, type: 'PAYOUT' }, returned) : undefined;
  }
  return payout === undefined
    ? toPayment(fields)
    : { ...toOtherMovement(fields, 'transfer'), type: 'TRANSFER' };
}

/** GoCardless sends amounts of lists as whole minor units, and without a sign. */
function readAmount(json: Json): Money {
  return applyDirection(parseMinorUnits(json.decimal('amount'), json.string('currency')), true, 'its list');
}

function readCommonFields(json: Json, accountId: string, createdAt?: string) {
  const id = json.string('id');
  return { id, createdAt: createdAt ?? json.time('created_at'), accountId, metadata: createMetadata(json) };
}

const PROPERTIES = [
  ...['status', 'description', 'direction', 'is_withdrawal', 'payout_type', 'deducted_fees', 'tax_currency'],
  ...['app_fee', 'faster_ach', 'retry_if_possible'],
];
const LINKS = [
  'creditor',
  'mandate',
  'subscription',
  'instalment_schedule',
  'customer',
  'outbound_payment_import',
];
/** Without the estimated rate, which is another one at each reading. */
const EXCHANGE = ['fx_currency', 'fx_amount', 'exchange_rate'];

/** Contains the tenant's own key-value pairs as well, because the PSP's fields for references are short. */
function createMetadata(json: Json): Metadata {
  return {
    ...pickProperties(PLUGIN_NAME, json, PROPERTIES),
    ...pickProperties(PLUGIN_NAME, json, EXCHANGE, 'fx'),
    ...pickProperties(PLUGIN_NAME, json, json.propertyNames('metadata'), 'metadata'),
    ...createPspMetadata(
      PLUGIN_NAME,
      Object.fromEntries(LINKS.map((name) => [name, readText(json, 'links', name)])),
    ),
  };
}
