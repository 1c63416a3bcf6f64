/**
 * Maps one transaction of Revolut to rows, without side effects. A transaction has one or two legs. Each leg changes the balance of one
 * account by `amount - fee`, so the sum of an account's rows is the change of its balance.
 */
import {
  createMetadata,
  createRowMetadata,
  currencyToAsset,
  InvalidRecordError,
  parseAmount,
  pickMetadata,
  readText,
  toAbsoluteMoney,
} from '@tributary/connector-api';
import type {
  Metadata,
  Money,
  Movement,
  Transaction,
  TransactionStatus,
  TransactionType,
} from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { formatBeneficiaryId } from './revolut-business.mapper.js';

/** The kind `return` gives back what another transaction moved, if it names that transaction. */
type TransactionKind = 'movement' | 'return' | 'exchange' | 'other' | 'other-return';

/** Source: `type` of GET /transactions. A type that Revolut adds later has the kind `other`. */
const KIND_BY_TYPE: Readonly<Record<string, TransactionKind>> = {
  atm: 'movement',
  card_payment: 'movement',
  card_credit: 'movement',
  rev_payment: 'movement',
  topup: 'movement',
  transfer: 'movement',
  card_chargeback: 'return',
  card_refund: 'return',
  refund: 'return',
  topup_return: 'return',
  exchange: 'exchange',
  charge: 'other',
  fee: 'other',
  loan: 'other',
  tax: 'other',
  charge_refund: 'other-return',
  tax_refund: 'other-return',
};

export const REVOLUT_TRANSACTION_TYPES = Object.keys(KIND_BY_TYPE);

/** Returns whether a transaction in this state was decided. A completed one can still be reverted. */
export function isFinalState(state: string): boolean {
  return ['completed', 'declined', 'failed', 'reverted'].includes(state);
}

const FEE_TYPES: readonly string[] = ['fee', 'charge', 'charge_refund'];
const TAX_TYPES: readonly string[] = ['tax', 'tax_refund'];

interface Leg {
  amount: Money;
  /** Positive when Revolut charges the fee. */
  fee: Money;
  accountId: string;
  json: Json;
}

/** The properties that all rows of a transaction share. */
interface ParsedTransaction {
  id: string;
  type: string;
  kind: TransactionKind;
  state: string;
  /** Whether it was completed at some time, even if it was reverted later. */
  isExecuted: boolean;
  relatedId: string | undefined;
  createdAt: string;
  updatedAt: string;
  json: Json;
  metadata: Metadata;
}

/**
 * Maps a transaction to its rows.
 * @returns no rows for a refund that is undecided
 * @throws InvalidRecordError that names the invalid property
 */
export function toTransactions(row: Json): Transaction[] {
  const whole = parseTransaction(row);
  const legs = row.array('legs').map(parseLeg);
  if (legs.length === 0) throw new InvalidRecordError('legs: expected one or two, found none');
  const rows = createRowsWithoutFees(whole, legs);
  const fees = whole.isExecuted ? createFeeRows(whole, legs, rows) : [];
  const settled = [...rows, ...fees];
  const all =
    whole.isExecuted && whole.state === 'reverted' ? [...settled, ...settled.map(createReversal)] : settled;
  return all.map((each) => addRowMetadata(each, whole));
}

/** Adds the metadata that reconciliation reads. */
function addRowMetadata(row: Transaction, whole: ParsedTransaction): Transaction {
  const isFee = row.metadata?.['com.revolut-business.spec/fee_of'] !== undefined;
  const exchangedWith = row.metadata?.['com.revolut-business.spec/exchanged_with'];
  const details = createRowMetadata({
    movement: classifyMovement(row, whole, isFee),
    reference: isFee ? undefined : readText(whole.json, 'reference'),
    bookedAt: readText(whole.json, 'completed_at'),
    relatedId: isFee ? whole.id : exchangedWith,
  });
  return { ...row, metadata: { ...row.metadata, ...details } };
}

function classifyMovement(
  { type, status }: Transaction,
  { type: word, kind }: ParsedTransaction,
  isFee: boolean,
): Movement {
  if (isFee || FEE_TYPES.includes(word)) return 'fee';
  if (TAX_TYPES.includes(word)) return 'tax';
  if (kind === 'exchange') return 'conversion';
  if (status === 'REFUND_REVERSED') return 'refund_reversal';
  const isReturn = status === 'REFUNDED' || status === 'REFUNDED_FAILURE';
  switch (type) {
    case 'PAYIN':
      return isReturn ? 'refund' : 'payment';
    case 'PAYOUT':
      return isReturn ? 'payout_return' : 'payout';
    case 'TRANSFER':
      return isReturn ? 'adjustment' : 'transfer';
    case 'OTHER':
      return 'other';
  }
}

function parseTransaction(row: Json): ParsedTransaction {
  const [type, state] = [row.string('type'), row.string('state')];
  return {
    id: row.string('id'),
    type,
    kind: KIND_BY_TYPE[type] ?? 'other',
    state,
    isExecuted: isExecuted(type, state, row.has('completed_at')),
    relatedId: readText(row, 'related_transaction_id'),
    createdAt: row.time('created_at'),
    updatedAt: row.time('updated_at'),
    json: row,
    metadata: pickMetadata('revolut-business', row, TRANSACTION_METADATA),
  };
}

/**
 * Returns whether the money was moved. A reverted transfer had left the account. A reverted card payment that was never completed is an
 * authorisation that expired.
 */
function isExecuted(type: string, state: string, isCompleted: boolean): boolean {
  return state === 'completed' || (state === 'reverted' && (isCompleted || type === 'transfer'));
}

function parseLeg(json: Json): Leg {
  const asset = currencyToAsset(json.string('currency'));
  const read = (decimal: string) => ({ amount: parseAmount(decimal, asset), asset });
  return {
    amount: read(json.decimal('amount')),
    fee: read(json.optionalDecimal('fee') ?? '0'),
    accountId: json.string('account_id'),
    json,
  };
}

/** Returns the rows without the fees. */
function createRowsWithoutFees(whole: ParsedTransaction, legs: Leg[]): Transaction[] {
  const [first, second] = legs;
  if (!first) return [];
  if (second === undefined) return createRowsOfSingleLeg(whole, first);
  if (legs.length === 2 && whole.kind !== 'exchange' && haveEqualAmounts(first, second)) {
    return [createInternalTransfer(whole, first, second)];
  }
  return createExchangeRows(whole, legs);
}

function haveEqualAmounts({ amount: a }: Leg, { amount: b }: Leg): boolean {
  return a.asset === b.asset && toAbsoluteMoney(a).amount === toAbsoluteMoney(b).amount;
}

/**
 * Creates a transfer between two own accounts. The leg with the negative amount is the source. In the document's example of an internal transfer
 * no amount is negative, and the first leg is the source.
 */
function createInternalTransfer(whole: ParsedTransaction, first: Leg, second: Leg): Transaction {
  const [source, target] =
    first.amount.amount > 0n && second.amount.amount < 0n ? [second, first] : [first, second];
  return {
    ...createBaseRow(whole, source, 'TRANSFER'),
    sourceAccountId: source.accountId,
    destinationAccountId: target.accountId,
  };
}

/**
 * Creates one row for each leg of an exchange, because the two amounts differ. The rows name each other in metadata. `relatedTransactionId` with
 * the same type would merge them into one payment.
 */
function createExchangeRows(whole: ParsedTransaction, legs: Leg[]): Transaction[] {
  const paying = legs.find(({ amount }) => amount.amount < 0n) ?? legs[0];
  const idOf = (leg: Leg) => (leg === paying ? whole.id : `${whole.id}.${leg.accountId}`);
  return legs.map((leg) => {
    const other = legs.find((each) => each !== leg);
    const row = createBaseRow(whole, leg, 'TRANSFER');
    return {
      ...row,
      id: idOf(leg),
      ...toAccountProperty(leg),
      metadata: {
        ...row.metadata,
        ...(other && {
          ...createMetadata('revolut-business', {
            exchanged_with: idOf(other),
            exchanged_amount: other.json.decimal('amount'),
            exchanged_currency: other.json.string('currency'),
          }),
        }),
      },
    };
  });
}

function createRowsOfSingleLeg(whole: ParsedTransaction, leg: Leg): Transaction[] {
  const isOut = leg.amount.amount <= 0n;
  switch (whole.kind) {
    case 'movement':
      return [createMovement(whole, leg, isOut)];
    case 'exchange':
      return createExchangeRows(whole, [leg]);
    case 'other':
      return [{ ...createBaseRow(whole, leg, 'OTHER'), ...toAccountProperty(leg) }];
    case 'return':
      // Money that comes back was paid out before.
      return whole.relatedId === undefined
        ? [createMovement(whole, leg, isOut)]
        : createReturnRows(whole, leg, isOut ? 'PAYIN' : 'PAYOUT');
    case 'other-return':
      return whole.relatedId === undefined
        ? [{ ...createBaseRow(whole, leg, 'OTHER'), ...toAccountProperty(leg) }]
        : createReturnRows(whole, leg, 'OTHER');
  }
}

function createMovement(whole: ParsedTransaction, leg: Leg, isOut: boolean): Transaction {
  const theirs = getCounterpartyId(leg.json);
  const isOurs = readText(leg.json, 'counterparty', 'account_type') === 'self';
  return {
    ...createBaseRow(whole, leg, isOurs ? 'TRANSFER' : isOut ? 'PAYOUT' : 'PAYIN'),
    ...(isOut
      ? { sourceAccountId: leg.accountId, ...(theirs && { destinationAccountId: theirs }) }
      : { destinationAccountId: leg.accountId, ...(theirs && { sourceAccountId: theirs }) }),
  };
}

/** Returns the id of the own account, or of the beneficiary, if the leg contains the complete id. */
function getCounterpartyId(leg: Json): string | undefined {
  const account_id = readText(leg, 'counterparty', 'account_id');
  if (readText(leg, 'counterparty', 'account_type') === 'self') return account_id;
  const counterparty_id = readText(leg, 'counterparty', 'id');
  if (counterparty_id === undefined) return undefined;
  return formatBeneficiaryId({ counterparty_id, ...(account_id === undefined ? {} : { account_id }) });
}

/**
 * Creates a row that is linked to the original by id and type. An undecided return gives no row, because the row would mark the original as
 * pending.
 */
function createReturnRows(whole: ParsedTransaction, leg: Leg, type: TransactionType): Transaction[] {
  if (!isFinalState(whole.state)) return [];
  return [
    {
      ...createBaseRow(whole, leg, type),
      ...toAccountProperty(leg),
      ...(whole.relatedId === undefined ? {} : { relatedTransactionId: whole.relatedId }),
      status: whole.isExecuted ? 'REFUNDED' : 'REFUNDED_FAILURE',
    },
  ];
}

/**
 * Creates a row for each fee that Revolut charged on top of the amount. A fee is linked to its row, except when clients would merge the two into
 * one payment: clients identify a payment by the linked id and the type.
 */
function createFeeRows(whole: ParsedTransaction, legs: Leg[], rows: Transaction[]): Transaction[] {
  const tied = new Set<string>();
  return legs.flatMap((leg, index) => {
    if (leg.fee.amount === 0n) return [];
    const of = rows[index] ?? rows[0];
    const isTied = of !== undefined && of.type !== 'OTHER' && !tied.has(of.id);
    if (isTied) tied.add(of.id);
    const fee: Leg = { ...leg, amount: { ...leg.fee, amount: -leg.fee.amount } };
    return [
      {
        id: `${whole.id}.fee.${leg.accountId}`,
        ...(isTied ? { relatedTransactionId: of.id } : {}),
        createdAt: whole.createdAt,
        updatedAt: whole.updatedAt,
        type: 'OTHER',
        status: 'SUCCEEDED',
        amount: toAbsoluteMoney(leg.fee),
        ...toAccountProperty(fee),
        metadata: createMetadata('revolut-business', { type: 'fee', fee_of: whole.id }),
      },
    ];
  });
}

/** Creates the reversal of a row, as a row of its own. It has the time of the original, so that every reading gives the same row. */
function createReversal({
  id,
  type,
  status,
  relatedTransactionId,
  orderKey: _,
  ...row
}: Transaction): Transaction {
  const { sourceAccountId, destinationAccountId, ...rest } = row;
  return {
    ...rest,
    id: `${id}.reverted`,
    // A row that is linked to another row is identified by the id of that row.
    relatedTransactionId: relatedTransactionId ?? id,
    type,
    status: status === 'REFUNDED' ? 'REFUND_REVERSED' : 'REFUNDED',
    ...(destinationAccountId === undefined ? {} : { sourceAccountId: destinationAccountId }),
    ...(sourceAccountId === undefined ? {} : { destinationAccountId: sourceAccountId }),
  };
}

function createBaseRow(whole: ParsedTransaction, leg: Leg, type: TransactionType): Transaction {
  const requestId = readText(whole.json, 'request_id');
  return {
    id: whole.id,
    ...(whole.type === 'transfer' && requestId !== undefined ? { orderKey: requestId } : {}),
    createdAt: whole.createdAt,
    updatedAt: whole.updatedAt,
    type,
    status: mapStatus(whole),
    amount: toAbsoluteMoney(leg.amount),
    metadata: { ...whole.metadata, ...pickMetadata('revolut-business', leg.json, LEG_METADATA) },
  };
}

function mapStatus({ state, isExecuted }: ParsedTransaction): TransactionStatus {
  if (isExecuted) return 'SUCCEEDED';
  if (state === 'created' || state === 'pending') return 'PENDING';
  if (state === 'declined' || state === 'failed') return 'FAILED';
  return state === 'reverted' ? 'CANCELLED' : 'OTHER';
}

function toAccountProperty({
  amount,
  accountId,
}: Leg): Pick<Transaction, 'sourceAccountId' | 'destinationAccountId'> {
  return amount.amount <= 0n ? { sourceAccountId: accountId } : { destinationAccountId: accountId };
}

/** Metadata only changes when the transaction changes. So it contains neither `updated_at` nor balances, and no personal data of cards. */
const TRANSACTION_METADATA = {
  type: ['type'],
  state: ['state'],
  request_id: ['request_id'],
  reason_code: ['reason_code'],
  reference: ['reference'],
  completed_at: ['completed_at'],
  scheduled_for: ['scheduled_for'],
  related_transaction_id: ['related_transaction_id'],
  merchant_id: ['merchant', 'id'],
  merchant_name: ['merchant', 'name'],
  merchant_city: ['merchant', 'city'],
  merchant_country: ['merchant', 'country'],
  merchant_category_code: ['merchant', 'category_code'],
  card_id: ['card', 'id'],
  card_number: ['card', 'card_number'],
};

const LEG_METADATA = {
  description: ['description'],
  bill_amount: ['bill_amount'],
  bill_currency: ['bill_currency'],
  counterparty_id: ['counterparty', 'id'],
  counterparty_account_id: ['counterparty', 'account_id'],
  counterparty_account_type: ['counterparty', 'account_type'],
};
