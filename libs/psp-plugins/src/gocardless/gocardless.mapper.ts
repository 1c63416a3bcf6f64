/** Maps objects of GoCardless to rows, without side effects. All functions throw InvalidRecordError, which names the invalid property. */
import * as api from '@tributary/connector-api';
import type { Metadata, RowDetails, Transaction } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import * as words from './gocardless.vocabulary.js';

/** The words of payments whose money was taken back. If the payment is in a payout, an item of a later payout takes it. */
const TAKEN_BACK: readonly string[] = ['charged_back', 'failed'];

export function toPaymentRow(json: Json): Transaction {
  const payout = api.readText(json, 'links', 'payout');
  const isPaidOut = payout !== undefined && TAKEN_BACK.includes(api.readText(json, 'status') ?? '');
  const status = isPaidOut ? 'SUCCEEDED' : api.translateWord(words.PAYMENT_STATUSES, json, 'status');
  const settlement = status === 'SUCCEEDED' ? payout : undefined;
  const fields = readFields(json, json.string('links', 'creditor'), true, { settlement });
  return api.toPayment({ ...fields, status });
}

/**
 * Maps a refund.
 * @param creditorId the creditor whose balance paid the refund. A refund does not name it
 * @param settlement the id of the payout that the refund reduced, if it is known
 * @returns no rows before a payout was reduced by it: a row would change the payment
 */
export function toRefundRows(json: Json, creditorId?: string, settlement?: string): Transaction[] {
  const state = api.translateWord(words.REFUND_STATES, json, 'status');
  const original = api.readText(json, 'links', 'payment');
  if (original === undefined) json.string('links', 'mandate');
  const accountId = creditorId ?? json.string('links', 'creditor');
  const fields = readFields(json, accountId, false, { relatedId: original, settlement });
  if (state === 'none' && settlement === undefined) return [];
  const row = api.toRefundOf(original, fields);
  return state === 'returned' ? [row, api.reverseRefund(row, `${row.id}.funds_returned`)] : [row];
}

/**
 * Maps a payout, without its items. A payout in another currency than that of its items is also a conversion.
 * @returns no rows for such a payout as long as GoCardless has not exchanged the money
 */
export function toPayoutRows(json: Json): Transaction[] {
  const accountId = json.string('links', 'creditor');
  const isPending = api.translateWord(words.PAYOUT_STATES, json, 'status') === 'pending';
  const fields = readFields(json, accountId, false, { settlement: json.string('id') });
  const payout = { ...fields, status: isPending ? 'PENDING' : 'SUCCEEDED' } as const;
  const currency = api.readText(json, 'fx', 'fx_currency') ?? json.string('currency');
  if (currency === json.string('currency')) return [api.toPayment(payout)];
  if (!json.has('fx', 'fx_amount')) return [];
  return api.toConvertedPayout(payout, api.parseMinorUnits(json.decimal('fx', 'fx_amount'), currency));
}

/**
 * Maps an outbound payment.
 * @param accountId the payment account that pays. If it is not known, there is no row: the journal of the account that paid has it
 */
export function toOutboundPaymentRows(json: Json, accountId: string | undefined): Transaction[] {
  const status = api.translateWord(words.OUTBOUND_STATUSES, json, 'status');
  const orderKey = api.readText(json, 'metadata', words.ORDER_KEY_NAME);
  const row = api.toPayment({ ...readFields(json, accountId ?? '', false), status, orderKey });
  return accountId === undefined ? [] : [row];
}

/** Returns the id of the row for an outbound payment that came back. */
export function getReturnId(outboundPaymentId: string): string {
  return `${outboundPaymentId}.return`;
}

/**
 * Maps one entry of the journal of a payment account: a top-up, money that an outbound payment did not bring to its recipient, a payout of GoCardless
 * into this account, or a debit that no outbound payment explains. The debit of an outbound payment has no row, because the payment has one. If only the journal tells
 * the payer, the debit is the row of its outbound payment, also if GoCardless does not show this payment. A credit that names an outbound payment is its return,
 * unless the payment itself says that it was not executed.
 * @param accountId the payment account of the journal
 * @param isPayerUnknown true if the creditor has several payment accounts, so that only the journals tell which one has paid
 * @param payments the outbound payments that entries name, by id
 */
export function toAccountTransactionRows(
  json: Json,
  accountId: string,
  isPayerUnknown: boolean,
  payments: ReadonlyMap<string, Json>,
): Transaction[] {
  const isCredit = json.oneOf(['credit', 'debit'], 'direction') === 'credit';
  const outbound = api.readText(json, 'links', 'outbound_payment');
  const payout = api.readText(json, 'links', 'payout');
  const fields = readFields(json, accountId, isCredit, { relatedId: outbound ?? payout });
  if (outbound === undefined && payout === undefined) return [api.toPayment(fields)];
  if (outbound === undefined) return [{ ...api.toOtherMovement(fields, 'transfer'), type: 'TRANSFER' }];
  const ids = api.createPspMetadata(words.PLUGIN_NAME, { payment_account_transaction: fields.id });
  const entry = { ...fields, metadata: { ...fields.metadata, ...ids } };
  const payment = payments.get(outbound);
  if (isCredit) {
    const isFailed = payment !== undefined && api.readText(payment, 'status') !== 'executed';
    if (isFailed && !isPayerUnknown) return [];
    return [api.toPayoutReturn({ id: outbound, type: 'PAYOUT' }, { ...entry, id: getReturnId(outbound) })];
  }
  if (!isPayerUnknown) return [];
  if (payment === undefined) return [api.toPayment({ ...entry, id: outbound })];
  return toOutboundPaymentRows(payment, accountId).map((row) => ({ ...row, status: 'SUCCEEDED' }));
}

const DETAILS = {
  ...{ reference: 'reference', counterpartyName: 'counterparty_name' },
  valueDate: 'charge_date arrival_date execution_date value_date',
};
const RECIPIENT = { counterpartyId: 'links.creditor_bank_account links.recipient_bank_account' };

/**
 * Reads what all objects have. GoCardless sends amounts of lists as whole minor units, and without a sign. The entries of a journal have a direction, and no
 * time but a day.
 */
function readFields(json: Json, accountId: string, isIncoming: boolean, details: RowDetails = {}) {
  const time = json.has('direction') ? `${json.string('value_date')}T00:00:00Z` : json.time('created_at');
  const units = api.parseMinorUnits(json.decimal('amount'), json.string('currency'));
  const amount = api.applyDirection(units, isIncoming, 'its list or its "direction"');
  return {
    ...{ id: json.string('id'), createdAt: time, accountId, isZeroOutgoing: !isIncoming },
    ...{ amount, scheme: api.readText(json, 'scheme'), ...api.readTexts(json, RECIPIENT) },
    ...{ details: { ...api.readTexts(json, DETAILS), ...details }, metadata: createMetadata(json) },
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
    ...api.pickProperties(words.PLUGIN_NAME, json, PROPERTIES),
    ...api.pickProperties(words.PLUGIN_NAME, json, EXCHANGE, 'fx'),
    ...api.pickProperties(words.PLUGIN_NAME, json, json.propertyNames('metadata'), 'metadata'),
    ...api.pickProperties(words.PLUGIN_NAME, json.at('links'), LINKS),
  };
}
