/**
 * Converts payments, refunds, disputes, payouts and payout entries to rows. The functions are pure. The sum of a location's rows is the
 * amount that Square owes the seller at this location. If a fee is invalid, only the row of the fee is rejected, not the row of its
 * payment.
 */
import {
  compareParts,
  createPspMetadata,
  negateMoney,
  parseMinorUnits,
  parseRowToRecords,
  pickMetadata,
  pickProperties,
  readListedAccountId,
  readText,
  readValidTime,
  requireCurrency,
  requireNonNegativeMoney,
  toDispute,
  toFee,
  toOtherMovement,
  toPayment,
  toRefundOf,
  translateOrDefault,
  translateWord,
} from '@tributary/connector-api';
import type { AddRecord, Money, ParsedDispute, RejectedRecord, Transaction } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import type { ChildrenCheck } from '@tributary/connector-api/listing';
import * as words from './square.vocabulary.js';

type Rows = (Transaction | RejectedRecord)[];
/** The fields that all rows of one object have in common. */
type SharedFields = ReturnType<typeof readSharedFields> & { status?: Transaction['status'] };

const { PLUGIN_NAME } = words;

/**
 * Converts a payment to its row. If its money has moved, the result also contains the rows of its fees.
 * @param locationId the location whose list contains the payment
 */
export function toPaymentRows(row: Json, locationId: string | undefined): Rows {
  return parseRowToRecords<Transaction>(row, 'id', (payment, add) => {
    const fields = readSharedFields(payment, locationId);
    const status = translateOrDefault(words.PAYMENT_STATUSES, readText(payment, 'status') ?? '', 'OTHER');
    const brand = readText(payment, 'card_details', 'card', 'card_brand');
    const source = readText(payment, 'source_type');
    add(fields.id, () => {
      const made = toPayment({
        ...{ ...fields, status, scheme: brand ?? readText(payment, 'wallet_details', 'brand') ?? source },
        amount: parseNonNegativeMoney(payment, payment.has('total_money') ? 'total_money' : 'amount_money'),
        details: {
          reference: readText(payment, 'note'),
          merchantReference: readText(payment, 'reference_id'),
          bookedAt: readText(payment, 'card_details', 'card_payment_timeline', 'captured_at'),
        },
        metadata: {
          ...pickProperties(PLUGIN_NAME, payment, words.PAYMENT_PROPERTIES),
          ...pickMetadata(PLUGIN_NAME, payment, words.PAYMENT_METADATA),
        },
      });
      return isOutside(source, brand) ? removeAccounts(made) : made;
    });
    if (status === 'SUCCEEDED') addFees(payment, fields, 1n, add);
  });
}

/** Converts a refund to its row and to the rows of its fees. A refund that is not decided yet has no row. */
export function toRefundRows(row: Json): Rows {
  return parseRowToRecords<Transaction>(row, 'id', (refund, add) => {
    const status = translateWord(words.REFUND_STATUSES, refund, 'status');
    if (status === 'undecided') return;
    const shared = readSharedFields(refund);
    const payment = readText(refund, 'payment_id');
    // The status REFUNDED is used only for a refund that is linked to a payment, because clients count an unlinked REFUNDED row as zero.
    const untiedStatus = status === 'REFUNDED' ? 'SUCCEEDED' : 'FAILED';
    const brand = readText(refund, 'destination_details', 'card_details', 'card', 'card_brand');
    const destination = readText(refund, 'destination_type');
    add(shared.id, () => {
      const made = toRefundOf(payment, {
        ...{ ...shared, status: payment === undefined ? untiedStatus : status, scheme: brand ?? destination },
        amount: negateMoney(parseNonNegativeMoney(refund, 'amount_money')),
        details: { reference: readText(refund, 'reason') },
        metadata: pickProperties(PLUGIN_NAME, refund, words.REFUND_PROPERTIES),
      });
      return isOutside(destination, brand) ? removeAccounts(made) : made;
    });
    // With a refund, Square gives back a part of the fee. If the refund fails later, Square charges this part again, see
    // `reverseFailedRows`.
    addFees(refund, { ...shared, status: untiedStatus }, -1n, add);
  });
}

/**
 * Converts a dispute to the row that takes the disputed amount, and its state.
 * @throws InvalidRecordError for an unknown state
 */
export function parseDispute(dispute: Json): ParsedDispute {
  const state = translateWord(words.DISPUTE_STATES, dispute, 'state');
  const payment = { id: dispute.string('disputed_payment', 'payment_id'), type: 'PAYIN' } as const;
  const row = toDispute(payment, {
    ...readSharedFields(dispute),
    ...{ amount: parseNonNegativeMoney(dispute, 'amount_money'), scheme: readText(dispute, 'card_brand') },
    details: { reference: readText(dispute, 'reason') },
    metadata: pickProperties(PLUGIN_NAME, dispute, words.DISPUTE_PROPERTIES),
  });
  return { row, state };
}

/**
 * Converts a payout to its row and the rows of its fees. The row of a payout that failed is REFUNDED, see `toReturnedPayouts`. If the amount of a payout is
 * negative, Square took the money from the bank account.
 */
export function toPayoutRows(row: Json, locationId: string | undefined): Rows {
  return parseRowToRecords<Transaction>(row, 'id', (payout, add) => {
    const fields = readSharedFields(payout, locationId);
    const { id } = fields;
    const status = translateOrDefault(words.PAYOUT_STATUSES, readText(payout, 'status') ?? '', 'OTHER');
    add(id, () =>
      toPayment({
        ...{ ...fields, status },
        amount: negateMoney(parseMoneyObject(payout.object('amount_money'))),
        counterpartyId: readText(payout, 'destination', 'id'),
        scheme: readText(payout, 'destination', 'type'),
        details: {
          settlement: id,
          endToEndId: readText(payout, 'end_to_end_id'),
          valueDate: readText(payout, 'arrival_date'),
        },
        metadata: pickProperties(PLUGIN_NAME, payout, ['type', 'status', 'version']),
      }),
    );
    addFeeList(payout.optionalArray('payout_fee'), fields, add);
  });
}

/**
 * Converts an entry of a payout to a row, and its fee to another row. If the rows of another object already contain this movement, the
 * result is empty.
 */
export function toPayoutEntryRows(row: Json, payout: Json, locationId: string | undefined): Rows {
  return parseRowToRecords<Transaction>(row, 'id', (entry, add) => {
    const type = readText(entry, 'type') ?? 'OTHER';
    const movement = translateOrDefault(words.ENTRY_MOVEMENTS, type, 'other');
    if (movement === 'listed') return;
    const { id: settlement, accountId, createdAt: paidAt } = readSharedFields(payout, locationId);
    const [id, createdAt] = [entry.string('id'), entry.optionalTime('effective_at') ?? paidAt];
    const about = entry.at(`type_${type.toLowerCase()}_details`);
    const relatedId = words.ENTRY_IDS.map((name) => readText(about, name)).find((text) => text !== undefined);
    const metadata = {
      ...createPspMetadata(PLUGIN_NAME, { type }),
      ...pickProperties(PLUGIN_NAME, about, [...words.ENTRY_IDS, 'tax_rate_description']),
    };
    const fields = { id, createdAt, accountId, details: { settlement, relatedId }, metadata };
    const amountProperty = entry.has('gross_amount_money') ? 'gross_amount_money' : 'net_amount_money';
    add(id, () => {
      const made = toOtherMovement(
        { ...fields, amount: parseMoneyObject(entry.object(amountProperty)) },
        movement,
      );
      return movement === 'transfer' || movement === 'conversion' ? { ...made, type: 'TRANSFER' } : made;
    });
    if (amountProperty === 'net_amount_money' || !entry.has('fee_amount_money')) return;
    const fee = { ...fields, id: `${id}.fee`, details: { settlement, relatedId: id } };
    add(fee.id, () => {
      const amount = parseMoneyObject(entry.object('fee_amount_money'));
      return amount.amount === 0n ? [] : toFee({ ...fee, amount });
    });
  });
}

/**
 * Compares a payout with the sum of its entries, and returns a warning if they differ. If they are equal, an earlier warning is resolved. Source: `PayoutEntry`, "the total amount of the
 * payout will equal the sum of the payout entries". Square does not document whether a fee of the payout is one of the entries.
 * @returns no warning if an amount cannot be read, because the row with this amount is rejected
 */
export function checkPayoutEntries(payout: Json, entries: readonly Json[]): ChildrenCheck {
  return compareParts({ object: 'payout', parts: 'entries' }, () => ({
    ...{ id: payout.string('id'), amount: parseMoneyObject(payout.object('amount_money')) },
    fees: payout.optionalArray('payout_fee').map((fee) => parseMoneyObject(fee.object('amount_money'))),
    parts: entries.map((entry) => parseMoneyObject(entry.object('net_amount_money'))),
  }));
}

/**
 * Parses money: `{ "amount": 1250, "currency": "EUR" }` → 1250n of EUR/2. In Square's examples of payouts, the property is `currency_code`
 * instead of `currency`.
 * @throws InvalidRecordError for an invalid money object
 */
function parseMoneyObject(money: Json): Money {
  const property = money.has('currency') ? 'currency' : 'currency_code';
  const parsed = parseMinorUnits(money.decimal('amount'), money.string(property));
  return requireCurrency(parsed, readText(money, 'currency_code'), 'currency_code');
}

/** @throws InvalidRecordError for an invalid or negative amount. Square's document has no negative payments, refunds and disputes. */
function parseNonNegativeMoney(json: Json, property: string): Money {
  return requireNonNegativeMoney(parseMoneyObject(json.object(property)), property);
}

/**
 * Reads the fields that all rows of an object have in common.
 * @param listedId the location whose list contains the object
 * @throws InvalidRecordError if the object names another location, because the money belongs to one of the two
 */
function readSharedFields(json: Json, listedId?: string) {
  return {
    id: json.string('id'),
    createdAt: json.time('created_at'),
    updatedAt: readValidTime(json, 'updated_at'),
    accountId: readListedAccountId(json, 'location_id', listedId),
  };
}

/**
 * Returns the ids that the row of a part of an object can have: of its fee with this number, of its application fee, or of the fee of an entry.
 */
export function listPartIds(id: string, number: number): string[] {
  return [`${id}.fee.${number}`, ...(number === 0 ? [`${id}.app_fee`, `${id}.fee`] : [])];
}

/**
 * Adds the rows of the processing fees of a payment or refund, and of the fee of the application.
 * @param sign 1 for an application fee that the seller pays; -1 for the part of a refund that the application pays
 */
function addFees(json: Json, fields: SharedFields, sign: 1n | -1n, add: AddRecord<Transaction>): void {
  addFeeList(json.optionalArray('processing_fee'), fields, add);
  if (!json.has('app_fee_money')) return;
  const id = `${fields.id}.app_fee`;
  add(id, () => {
    const { amount, asset } = parseMoneyObject(json.object('app_fee_money'));
    const metadata = createPspMetadata(PLUGIN_NAME, { type: 'APP_FEE', fee_of: fields.id });
    const fee = { ...fields, id, amount: { amount: amount * sign, asset }, metadata };
    return amount === 0n ? [] : toFee({ ...fee, details: { relatedId: fields.id } });
  });
}

/**
 * Adds a row for each fee that is not zero. A negative fee was given back. Only the first fee is linked to its payment, because clients
 * would merge two linked fees.
 */
function addFeeList(fees: readonly Json[], shared: SharedFields, add: AddRecord<Transaction>): void {
  for (const [index, fee] of fees.entries()) {
    const id = `${shared.id}.fee.${index}`;
    add(id, () => {
      const amount = parseMoneyObject(fee.object('amount_money'));
      const details = { relatedId: shared.id, bookedAt: readText(fee, 'effective_at') };
      const metadata = createPspMetadata(PLUGIN_NAME, { type: readText(fee, 'type'), fee_of: shared.id });
      const fields = { ...shared, id, amount, details, metadata };
      return amount.amount === 0n ? [] : toFee(fields, index === 0 ? shared.id : undefined);
    });
  }
}

/** Returns true if Square does not hold the money of one of these sources. Such a payment does not change the amount that Square owes. */
function isOutside(...sources: (string | undefined)[]): boolean {
  return sources.some((source) => words.OUTSIDE_SOURCES.includes(source ?? ''));
}

function removeAccounts({ sourceAccountId: _, destinationAccountId: __, ...row }: Transaction): Transaction {
  return row;
}
