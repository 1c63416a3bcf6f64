/**
 * Mutations of the reference plugin. Each adds one mistake in the handling of refunds, fees, disputes, returns, transfers, conversions,
 * several accounts or metadata.
 */
import type { Mutation } from './mutation.js';

const PSP = 'reference.plugin.ts';
const MAPPER = 'reference.mapper.ts';
const ACCOUNTS = "items: rows.map((row) => parseRow(row, 'id', read)),";
const ROWS = '(rows) => rows.flatMap(parseTransactions)';
const PAYMENT =
  'return [toPayment({ ...fields, amount: isOutgoing ? negateMoney(fields.amount) : fields.amount })];';
const REFUND = "return [toRefund({ id: row.string('original'), type: 'PAYIN' }, fields)];";
const FEE = "return [toFee(fields, row.string('original'))];";
const DISPUTE = "return [toDispute({ id: row.string('original'), type: 'PAYIN' }, fields)];";
const DISPUTE_WON = "return [toDisputeReversal({ id: row.string('original'), type: 'PAYIN' }, fields)];";
const RETURN = "return [toPayoutReturn({ id: row.string('original'), type: 'PAYOUT' }, fields)];";
const TRANSFER = "return [toTransfer({ ...fields, toAccountId: row.string('other') })];";
const CONVERSION = 'return toConversion({ ...fields, bought });';
const DETAILS = "details: { reference: readText(row, 'text'), bookedAt: row.time('created') },";

const PARTIAL_REFUND_CHECK = 'movements: a refund in part';
const FULL_REFUND_CHECK = 'movements: a refund in full';
const FEE_CHECK = 'movements: a fee is a row of its own, and the payment is gross';
const LOST_DISPUTE_CHECK = 'movements: a dispute that is lost';
const WON_DISPUTE_CHECK = 'movements: a dispute that is won';
const RETURN_CHECK = 'movements: a payout that returns';
const TRANSFER_CHECK = 'movements: a transfer between two own accounts is one row';
const CONVERSION_CHECK = 'movements: a conversion is one row for each currency';
const ACCOUNT_ROWS_CHECK = 'movements: the rows of every account';
const METADATA_CHECK = 'metadata: every row says what it is, and has the keys for reconciliation';

/** Creates a mutation that replaces one statement of the file that converts rows to records. */
function mutateMapper(
  description: string,
  original: string,
  replacement: string,
  detectedBy: string,
): Mutation {
  return { description, file: MAPPER, original, replacement, detectedBy };
}

export const MOVEMENT_MUTATIONS: readonly Mutation[] = [
  mutateMapper('leaves out all refunds', REFUND, 'return [];', PARTIAL_REFUND_CHECK),
  mutateMapper('leaves out all disputes', DISPUTE, 'return [];', LOST_DISPUTE_CHECK),
  mutateMapper('leaves out disputes that are won', DISPUTE_WON, 'return [];', WON_DISPUTE_CHECK),
  mutateMapper('leaves out all fees', FEE, 'return [];', FEE_CHECK),
  mutateMapper('leaves out returned payouts', RETURN, 'return [];', RETURN_CHECK),
  mutateMapper('leaves out conversions', CONVERSION, 'return [];', CONVERSION_CHECK),
  mutateMapper('leaves out transfers', TRANSFER, 'return [];', TRANSFER_CHECK),
  {
    description: 'lists the first account only',
    file: PSP,
    original: ACCOUNTS,
    replacement:
      "items: rows.map((row) => parseRow(row, 'id', read)).filter(({ id }) => what === 'payees' || id === 'acc-1'),",
    detectedBy: 'accounts: from the start and from every cursor',
  },
  {
    description: 'lists the rows of the first account only',
    file: PSP,
    original: ROWS,
    replacement:
      "(rows) => rows.filter((row) => row.optionalString('account') === 'acc-1').flatMap(parseTransactions)",
    detectedBy: ACCOUNT_ROWS_CHECK,
  },
  {
    description: 'reads old rows never again',
    file: PSP,
    original: 'const settled = Math.max(start, end - MAX_CHANGE_AGE_MS);',
    replacement: 'const settled = Math.max(start, end - 2 * 3_600_000);',
    detectedBy: 'changes: a status that changes long after the row was listed',
  },
  mutateMapper(
    'a refund takes the place of its payment',
    REFUND,
    "return [{ ...toRefund({ id: row.string('original'), type: 'PAYIN' }, fields), id: row.string('original') }];",
    FULL_REFUND_CHECK,
  ),
  mutateMapper(
    'a refund is not tied to its payment',
    REFUND,
    "return [{ ...toRefund({ id: '', type: 'PAYIN' }, fields), relatedTransactionId: undefined }];",
    PARTIAL_REFUND_CHECK,
  ),
  mutateMapper(
    'a refund is tied to itself',
    REFUND,
    "return [toRefund({ id: fields.id, type: 'PAYIN' }, fields)];",
    PARTIAL_REFUND_CHECK,
  ),
  mutateMapper(
    'a refund is a payout',
    REFUND,
    "return [toRefund({ id: row.string('original'), type: 'PAYOUT' }, fields)];",
    PARTIAL_REFUND_CHECK,
  ),
  mutateMapper(
    'a refund is SUCCEEDED, as the payment is',
    REFUND,
    "return [toRefund({ id: row.string('original'), type: 'PAYIN' }, { ...fields, status: 'SUCCEEDED' })];",
    PARTIAL_REFUND_CHECK,
  ),
  mutateMapper(
    'a refund keeps the direction of its payment',
    REFUND,
    "return [{ ...toRefund({ id: row.string('original'), type: 'PAYIN' }, fields), sourceAccountId: undefined, destinationAccountId: fields.accountId }];",
    FULL_REFUND_CHECK,
  ),
  mutateMapper(
    'all refunds of a payment have one id',
    REFUND,
    "return [toRefund({ id: row.string('original'), type: 'PAYIN' }, { ...fields, id: `${row.string('original')}-refund` })];",
    'movements: several refunds, up to the full amount',
  ),
  mutateMapper(
    'a refund changes its payment, too',
    REFUND,
    "return [{ ...toPayment({ ...fields, id: row.string('original'), status: 'REFUNDED' }) }, toRefund({ id: row.string('original'), type: 'PAYIN' }, fields)];",
    FULL_REFUND_CHECK,
  ),
  mutateMapper(
    'a fee is a payout',
    FEE,
    'return [toPayment({ ...fields, amount: negateMoney(fields.amount), status: undefined })];',
    FEE_CHECK,
  ),
  mutateMapper(
    'a fee comes in',
    FEE,
    "return [toFee({ ...fields, amount: negateMoney(fields.amount) }, row.string('original'))];",
    FEE_CHECK,
  ),
  mutateMapper('a fee does not say of what', FEE, 'return [toFee(fields)];', FEE_CHECK),
  mutateMapper(
    'a dispute is a refund',
    DISPUTE,
    "return [toRefund({ id: row.string('original'), type: 'PAYIN' }, fields)];",
    LOST_DISPUTE_CHECK,
  ),
  mutateMapper(
    'a dispute has the status DISPUTE, for which clients subtract nothing',
    DISPUTE,
    "return [toDispute({ id: row.string('original'), type: 'PAYIN' }, { ...fields, status: 'DISPUTE' })];",
    LOST_DISPUTE_CHECK,
  ),
  mutateMapper(
    'a dispute that is won takes the money a second time',
    DISPUTE_WON,
    "return [toDispute({ id: row.string('original'), type: 'PAYIN' }, fields)];",
    WON_DISPUTE_CHECK,
  ),
  mutateMapper(
    'a returned payout leaves the account a second time',
    RETURN,
    "return [{ ...toPayoutReturn({ id: row.string('original'), type: 'PAYOUT' }, fields), sourceAccountId: fields.accountId, destinationAccountId: undefined }];",
    RETURN_CHECK,
  ),
  mutateMapper('a returned payout is a payment', RETURN, 'return [toPayment(fields)];', RETURN_CHECK),
  mutateMapper(
    'a transfer is a payout',
    TRANSFER,
    'return [toPayment({ ...fields, amount: negateMoney(fields.amount) })];',
    TRANSFER_CHECK,
  ),
  mutateMapper(
    'a transfer is two rows, one for each account',
    TRANSFER,
    "return [toPayment({ ...fields, amount: negateMoney(fields.amount) }), toPayment({ ...fields, id: `${fields.id}-in`, accountId: row.string('other') })];",
    TRANSFER_CHECK,
  ),
  mutateMapper(
    'a conversion has only the row of what was sold',
    CONVERSION,
    'return toConversion({ ...fields, bought }).slice(0, 1);',
    CONVERSION_CHECK,
  ),
  mutateMapper(
    'the rows of a conversion are tied to each other',
    CONVERSION,
    'return toConversion({ ...fields, bought }).map((part) => ({ ...part, relatedTransactionId: fields.id }));',
    CONVERSION_CHECK,
  ),
  mutateMapper(
    'a conversion takes what it bought from the account',
    CONVERSION,
    'return toConversion({ ...fields, bought }).map((part) => ({ ...part, sourceAccountId: fields.accountId, destinationAccountId: undefined }));',
    CONVERSION_CHECK,
  ),
  mutateMapper(
    'a payment does not say what it is',
    PAYMENT,
    'return [{ ...toPayment({ ...fields, amount: isOutgoing ? negateMoney(fields.amount) : fields.amount }), metadata: fields.metadata }];',
    METADATA_CHECK,
  ),
  mutateMapper(
    'the reference of a payment is not passed on',
    DETAILS,
    "details: { bookedAt: row.time('created') },",
    METADATA_CHECK,
  ),
  mutateMapper(
    'the day of the booking is written as the PSP likes',
    DETAILS,
    "details: { reference: readText(row, 'text'), bookedAt: new Date(row.time('created')).toDateString() },",
    METADATA_CHECK,
  ),
  mutateMapper(
    "a member of the PSP's own under the keys for reconciliation",
    "metadata: pickMetadata('reference', row, { state: ['state'], text: ['text'] }),",
    "metadata: { 'com.tributary.spec/state': row.optionalString('state') },",
    METADATA_CHECK,
  ),
  mutateMapper(
    'a text that has another type refuses the row',
    DETAILS,
    "details: { reference: row.optionalString('text'), bookedAt: row.time('created') },",
    'faults: a member of another type, which only decorates a row',
  ),
  mutateMapper(
    'the time of the last change, which only decorates a row, is required',
    "updatedAt: readValidTime(row, 'changed'),",
    "updatedAt: row.time('changed'),",
    'faults: a member of another type, which only decorates a row',
  ),
  mutateMapper(
    'a text of another type ends the listing',
    DETAILS,
    "details: { reference: (row.has('text') ? readText(row, 'text')!.match(/^[a-z ]*[0-9]*$/)![0] : undefined), bookedAt: row.time('created') },",
    'faults: a member of another type, which only decorates a row',
  ),
];
