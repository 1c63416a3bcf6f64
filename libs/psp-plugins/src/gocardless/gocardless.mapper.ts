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
import type { Metadata, MovementFields, RowDetails, Transaction } from '@tributary/connector-api';
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
  const details = {
    valueDate: readText(json, 'charge_date'),
    settlement: isPaidOut || status === 'SUCCEEDED' ? settlement : undefined,
  };
  const fields = readFields(json, json.string('links', 'creditor'), details);
  return toPayment({ ...fields, status: isPaidOut ? 'SUCCEEDED' : status });
}

/**
 * Maps a refund.
 * @param settlement the id of the payout that the refund reduced, if it is known
 * @returns no rows before a payout was reduced by it: a row would change the payment
 */
export function toRefundRows(json: Json, creditorId: string, settlement?: string): Transaction[] {
  const state = translateWord(REFUND_STATES, json, 'status');
  const original = readText(json, 'links', 'payment');
  const fields = readFields(json, creditorId, { relatedId: original, settlement });
  if (state === 'none' && settlement === undefined) return [];
  const row =
    original === undefined
      ? toOtherMovement({ ...fields, amount: negateMoney(fields.amount) }, 'refund')
      : toRefund({ id: original, type: 'PAYIN' }, fields);
  if (state !== 'returned') return [row];
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
  const isPending = translateWord(PAYOUT_STATES, json, 'status') === 'pending';
  const fields = readFields(json, accountId, {
    ...{ settlement: json.string('id'), valueDate: readText(json, 'arrival_date') },
  });
  const { id, createdAt, amount, details, metadata } = fields;
  const payout: MovementFields = {
    ...{ ...fields, amount: negateMoney(amount), isZeroOutgoing: true },
    status: isPending ? 'PENDING' : 'SUCCEEDED',
    counterpartyId: readText(json, 'links', 'creditor_bank_account'),
  };
  const currency = readText(json, 'fx', 'fx_currency') ?? json.string('currency');
  if (currency === json.string('currency')) return [toPayment(payout)];
  if (!json.has('fx', 'fx_amount')) return [];
  const paid = parseMinorUnits(json.decimal('fx', 'fx_amount'), currency);
  const bought = { id: `${id}.bought`, accountId, amount: paid };
  return [
    ...toConversion({ id: `${id}.sold`, createdAt, accountId, amount, bought, metadata }),
    toPayment({ ...payout, amount: negateMoney(paid), details: { ...details, original: amount } }),
  ];
}

/**
 * Maps an outbound payment.
 * @param accountId the payment account that pays. If it is not known, there is no row: the journal of the account that paid has it
 */
export function toOutboundPaymentRows(json: Json, accountId: string | undefined): Transaction[] {
  const fields = readFields(json, accountId ?? '', { valueDate: readText(json, 'execution_date') });
  const row = toPayment({
    ...{ ...fields, amount: negateMoney(fields.amount), isZeroOutgoing: true },
    status: translateWord(OUTBOUND_STATUSES, json, 'status'),
    counterpartyId: readText(json, 'links', 'recipient_bank_account'),
    orderKey: readText(json, 'metadata', ORDER_KEY_NAME),
  });
  return accountId === undefined ? [] : [row];
}

/** Returns the id of the row for an outbound payment that came back. */
export function getReturnId(outboundPaymentId: string): string {
  return `${outboundPaymentId}.return`;
}

/** A payment account with a journal. */
export interface JournalAccount {
  id: string;
  /** True if the creditor has several payment accounts, so that only the journals tell which one has paid. */
  isPayerUnknown: boolean;
}

/**
 * Maps one entry of the journal of a payment account: a top-up, money that an outbound payment did not bring to its recipient, a payout of GoCardless
 * into this account, or a debit that no outbound payment explains. The debit of an outbound payment has no row, because the payment has one. A credit that
 * names an outbound payment is its return, unless the payment itself says that it was not executed.
 * @param original the outbound payment that the entry names
 */
export function toAccountTransactionRows(
  json: Json,
  { id: accountId, isPayerUnknown }: JournalAccount,
  original: Json | undefined,
): Transaction[] {
  const isCredit = json.oneOf(['credit', 'debit'], 'direction') === 'credit';
  const [outbound, payout] = [readText(json, 'links', 'outbound_payment'), readText(json, 'links', 'payout')];
  const valueDate = json.string('value_date');
  const details = {
    counterpartyName: readText(json, 'counterparty_name'),
    relatedId: outbound ?? payout,
    valueDate,
  };
  const entry = readFields(json, accountId, details, `${valueDate}T00:00:00Z`);
  const fields = { ...entry, amount: applyDirection(entry.amount, isCredit, 'direction') };
  if (outbound === undefined)
    return [
      payout === undefined ? toPayment(fields) : { ...toOtherMovement(fields, 'transfer'), type: 'TRANSFER' },
    ];
  if (!isCredit) {
    if (!isPayerUnknown || original === undefined) return [];
    return toOutboundPaymentRows(original, accountId).map((row) => ({ ...row, status: 'SUCCEEDED' }));
  }
  if (!isPayerUnknown && original !== undefined && readText(original, 'status') !== 'executed') return [];
  const ids = createPspMetadata(PLUGIN_NAME, { payment_account_transaction: fields.id });
  const returned = { ...fields, id: getReturnId(outbound), metadata: { ...fields.metadata, ...ids } };
  return [toPayoutReturn({ id: outbound, type: 'PAYOUT' }, returned)];
}

/** Reads what all objects have. GoCardless sends amounts of lists as whole minor units, and without a sign. */
function readFields(json: Json, accountId: string, details: RowDetails, createdAt?: string) {
  const amount = parseMinorUnits(json.decimal('amount'), json.string('currency'));
  return {
    ...{ id: json.string('id'), createdAt: createdAt ?? json.time('created_at'), accountId },
    ...{ amount: applyDirection(amount, true, 'its list'), scheme: readText(json, 'scheme') },
    ...{ details: { reference: readText(json, 'reference'), ...details }, metadata: createMetadata(json) },
  };
}

const PROPERTIES = [
  ...['status', 'description', 'direction', 'is_withdrawal', 'payout_type', 'deducted_fees', 'tax_currency'],
  ...['app_fee', 'faster_ach', 'retry_if_possible'],
];
const LINKS = [
  ...['creditor', 'mandate', 'subscription', 'instalment_schedule', 'customer', 'outbound_payment_import'],
];
/** Without the estimated rate, which is another one at each reading. */
const EXCHANGE = ['fx_currency', 'fx_amount', 'exchange_rate'];

/** Contains the tenant's own key-value pairs as well, because the PSP's fields for references are short. */
function createMetadata(json: Json): Metadata {
  return {
    ...pickProperties(PLUGIN_NAME, json, PROPERTIES),
    ...pickProperties(PLUGIN_NAME, json, EXCHANGE, 'fx'),
    ...pickProperties(PLUGIN_NAME, json, json.propertyNames('metadata'), 'metadata'),
    ...pickProperties(PLUGIN_NAME, json.at('links'), LINKS),
  };
}
