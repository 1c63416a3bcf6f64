/**
 * Converts one transaction of Revolut to rows. The functions are pure. A transaction has one or two legs. Each leg changes the balance of
 * one account by `amount - fee`, so the sum of an account's rows is the change of its balance. All functions throw InvalidRecordError with
 * the name of the invalid property.
 */
import {
  createPspMetadata,
  InvalidRecordError,
  parseMoney,
  pickMetadata,
  pickProperties,
  readText,
  readValidTime,
  reverseRow,
  toAbsoluteMoney,
  toFee,
  toOtherMovement,
  toPayment,
  toPayoutReturn,
  toRefund,
  toTransfer,
  translateOrDefault,
} from '@tributary/connector-api';
import type { Metadata, MovementFields, Transaction } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { formatBeneficiaryId } from './revolut-business.beneficiaries.js';
import {
  isFinalState,
  MOVEMENTS,
  PLUGIN_NAME,
  RETURN_TYPES,
  TRANSACTION_KINDS,
  TRANSACTION_STATUSES,
} from './revolut-business.vocabulary.js';

type ParsedTransaction = ReturnType<typeof parseTransaction>;
type Leg = ReturnType<typeof parseLeg>;

/**
 * Converts a transaction to its rows.
 * @returns no rows for a refund that is not decided yet
 */
export function toTransactions(json: Json): Transaction[] {
  const whole = parseTransaction(json);
  const legs = json.array('legs').map(parseLeg);
  const rows = createRows(whole, legs);
  if (!whole.isExecuted) return rows;
  const settled = [...rows, ...createFeeRows(whole, legs, rows)];
  if (whole.state !== 'reverted') return settled;
  // The time of a reversal is the time of its row, so that the reversal is the same at every reading.
  return [...settled, ...settled.map((row) => reverseRow(row, `${row.id}.reverted`))];
}

/** Reads the properties that all rows of a transaction share. */
function parseTransaction(json: Json) {
  const [id, type, state] = [json.string('id'), json.string('type'), json.string('state')];
  // Whether the money has moved at any time. The money of a reverted transfer had left the account. A reverted card payment that was never
  // completed is only an expired authorisation.
  const isExecuted =
    state === 'completed' || (state === 'reverted' && (json.has('completed_at') || type === 'transfer'));
  return {
    ...{ id, json, type, state, isExecuted },
    kind: translateOrDefault(TRANSACTION_KINDS, type, 'other'),
    fields: {
      id,
      createdAt: json.time('created_at'),
      updatedAt: readValidTime(json, 'updated_at'),
      status: isExecuted ? 'SUCCEEDED' : translateOrDefault(TRANSACTION_STATUSES, state, 'OTHER'),
      orderKey: type === 'transfer' ? readText(json, 'request_id') : undefined,
      details: {
        movement: translateOrDefault(MOVEMENTS, type, undefined),
        reference: readText(json, 'reference'),
        bookedAt: readText(json, 'completed_at'),
      },
      metadata: createTransactionMetadata(json),
    },
  };
}

/** Reads a leg. Its fee is positive if Revolut charges it. */
function parseLeg(json: Json) {
  const currency = json.string('currency');
  return {
    amount: parseMoney(json.decimal('amount'), currency),
    fee: parseMoney(json.optionalDecimal('fee') ?? '0', currency),
    accountId: json.string('account_id'),
    json,
  };
}

/** Returns the rows of the legs, without the rows of fees. */
function createRows(whole: ParsedTransaction, legs: Leg[]): Transaction[] {
  const [first, second] = legs;
  if (first === undefined) throw new InvalidRecordError('legs: expected one or two, found none');
  if (whole.kind === 'exchange' || legs.length > 2) return createExchangeRows(whole, legs);
  if (second === undefined) return createSingleRow(whole, first);
  const [a, b] = [toAbsoluteMoney(first.amount), toAbsoluteMoney(second.amount)];
  if (a.asset !== b.asset || a.amount !== b.amount) return createExchangeRows(whole, legs);
  // If no amount is negative, the first leg is the source, as in the document's example of an internal transfer.
  const isReversed = first.amount.amount > 0n && second.amount.amount < 0n;
  const [source, target] = isReversed ? [second, first] : [first, second];
  return [toTransfer({ ...createFields(whole, source), toAccountId: target.accountId })];
}

function createFields({ fields }: ParsedTransaction, { accountId, amount, json }: Leg): MovementFields {
  const metadata = {
    ...fields.metadata,
    ...pickProperties(PLUGIN_NAME, json, ['description', 'bill_amount', 'bill_currency']),
    ...pickProperties(PLUGIN_NAME, json, ['id', 'account_id', 'account_type'], 'counterparty'),
  };
  return { ...fields, accountId, amount, isZeroOutgoing: true, metadata };
}

function createSingleRow(whole: ParsedTransaction, leg: Leg): Transaction[] {
  const fields = createFields(whole, leg);
  const originalId = readText(whole.json, 'related_transaction_id');
  if (originalId !== undefined && RETURN_TYPES.includes(whole.type)) {
    // A return that is not decided yet gets no row, because clients would then show the original as pending.
    return isFinalState(whole.state) ? [createReturnRow(whole, fields, originalId)] : [];
  }
  if (whole.kind === 'other') return [toOtherMovement(fields)];
  const counterparty = leg.json.at('counterparty');
  const [id, account_id] = [readText(counterparty, 'id'), readText(counterparty, 'account_id')];
  if (readText(counterparty, 'account_type') !== 'self') {
    const counterpartyId = id && formatBeneficiaryId({ counterparty_id: id, account_id });
    return [toPayment({ ...fields, counterpartyId })];
  }
  const details = { ...fields.details, movement: 'transfer' as const };
  return [{ ...toPayment({ ...fields, details, counterpartyId: account_id }), type: 'TRANSFER' }];
}

/**
 * Creates the row of a return. It is linked to the original by id and type. If money comes back to the account, the original was a payout.
 */
function createReturnRow(whole: ParsedTransaction, fields: MovementFields, originalId: string): Transaction {
  const decided = {
    ...fields,
    status: whole.isExecuted ? ('REFUNDED' as const) : ('REFUNDED_FAILURE' as const),
  };
  if (whole.kind === 'other') return { ...toOtherMovement(decided), relatedTransactionId: originalId };
  return fields.amount.amount > 0n
    ? toPayoutReturn({ id: originalId, type: 'PAYOUT' }, decided)
    : toRefund({ id: originalId, type: 'PAYIN' }, decided);
}

/**
 * Creates one row for each leg of an exchange, because the two amounts differ. Each row refers to the other row in the metadata. They are
 * not linked by `relatedTransactionId`, because clients would merge two rows of the same type into one payment.
 */
function createExchangeRows(whole: ParsedTransaction, legs: Leg[]): Transaction[] {
  const sold = legs.find(({ amount }) => amount.amount < 0n) ?? legs[0];
  const idOf = (leg: Leg) => (leg === sold ? whole.id : `${whole.id}.${leg.accountId}`);
  return legs.map((leg) => {
    const fields = createFields(whole, leg);
    const other = legs.find((each) => each !== leg);
    const exchange = other && {
      exchanged_with: idOf(other),
      exchanged_amount: other.json.decimal('amount'),
      exchanged_currency: other.json.string('currency'),
    };
    const row = toOtherMovement(
      {
        ...fields,
        id: idOf(leg),
        details: { ...fields.details, relatedId: exchange?.exchanged_with },
        metadata: { ...fields.metadata, ...createPspMetadata(PLUGIN_NAME, exchange ?? {}) },
      },
      'transfer',
    );
    return { ...row, type: 'TRANSFER' };
  });
}

/**
 * Creates a row for each fee that Revolut charged in addition to the amount. A fee is linked to its row. It is not linked if clients would
 * merge the two rows into one payment, because clients identify a payment by the linked id and the type.
 */
function createFeeRows({ fields }: ParsedTransaction, legs: Leg[], rows: Transaction[]): Transaction[] {
  const { id, createdAt, updatedAt, details } = fields;
  const tiedTo = new Set<string>();
  return legs.flatMap(({ fee, accountId }, index) => {
    if (fee.amount === 0n) return [];
    const of = rows[index] ?? rows[0];
    const isTied = of !== undefined && of.type !== 'OTHER' && !tiedTo.has(of.id);
    if (isTied) tiedTo.add(of.id);
    const feeFields = {
      ...{ id: `${id}.fee.${accountId}`, createdAt, updatedAt, accountId, amount: fee },
      details: { relatedId: id, bookedAt: details?.bookedAt },
      metadata: createPspMetadata(PLUGIN_NAME, { type: 'fee', fee_of: id }),
    };
    return [toFee(feeFields, isTied ? of.id : undefined)];
  });
}

const TRANSACTION_PROPERTIES = [
  'type',
  'state',
  'request_id',
  'reason_code',
  'reference',
  'completed_at',
  'scheduled_for',
  'related_transaction_id',
];

/**
 * Creates the metadata of a transaction. They must change only if the transaction changes, so they contain neither `updated_at` nor
 * balances. They contain no personal data of cards.
 */
function createTransactionMetadata(json: Json): Metadata {
  return {
    ...pickProperties(PLUGIN_NAME, json, TRANSACTION_PROPERTIES),
    ...pickProperties(PLUGIN_NAME, json, ['id', 'name', 'city', 'country', 'category_code'], 'merchant'),
    ...pickMetadata(PLUGIN_NAME, json.at('card'), { card_id: ['id'], card_number: ['card_number'] }),
  };
}
