/**
 * Maps one transaction of Revolut to rows, without side effects. A transaction has one or two legs. Each leg changes the balance of one account by
 * `amount - fee`, so the sum of an account's rows is the change of its balance.
 */
import { assetOf, parseAmount, RefusedError } from '@tributary/connector-api';
import type {
  Metadata,
  Money,
  Transaction,
  TransactionStatus,
  TransactionType,
} from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { revolutMetadata, writeBeneficiaryId } from './revolut-business.mapper.js';

/** The kind `return` gives back what another transaction moved, if it names that transaction. */
type Kind = 'movement' | 'return' | 'exchange' | 'other' | 'other-return';

/** Source: `type` of GET /transactions. A type that Revolut adds later has the kind `other`. */
const KINDS: Readonly<Record<string, Kind>> = {
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

export const TRANSACTION_KINDS = Object.keys(KINDS);

/** Returns whether a transaction in this state is undecided. */
export function isOpen(state: string): boolean {
  return state === 'created' || state === 'pending';
}

const DECIDED = ['completed', 'declined', 'failed', 'reverted'];

interface Leg {
  amount: Money;
  /** Positive when Revolut charges the fee. */
  fee: Money;
  accountId: string;
  json: Json;
}

/** The properties that all rows of a transaction share. */
interface Whole {
  id: string;
  type: string;
  kind: Kind;
  state: string;
  /** Whether it was completed at some time, even if it was reverted later. */
  settled: boolean;
  related: string | undefined;
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
  const whole = readWhole(row);
  const legs = row.list('legs').map(readLeg);
  if (legs.length === 0) throw new RefusedError('legs: expected one or two, found none');
  const rows = movements(whole, legs);
  const fees = whole.settled ? feesOf(whole, legs, rows) : [];
  const settled = [...rows, ...fees];
  return whole.settled && whole.state === 'reverted' ? [...settled, ...settled.map(revert)] : settled;
}

function readWhole(row: Json): Whole {
  const [type, state] = [row.text('type'), row.text('state')];
  return {
    id: row.text('id'),
    type,
    kind: KINDS[type] ?? 'other',
    state,
    settled: isSettled(type, state, row.has('completed_at')),
    related: row.optionalText('related_transaction_id'),
    createdAt: row.time('created_at'),
    updatedAt: row.time('updated_at'),
    json: row,
    metadata: transactionMetadata(row),
  };
}

/**
 * Returns whether the money was moved. A reverted transfer had left the account. A reverted card payment that was never completed is an
 * authorisation that expired.
 */
function isSettled(type: string, state: string, isCompleted: boolean): boolean {
  return state === 'completed' || (state === 'reverted' && (isCompleted || type === 'transfer'));
}

function readLeg(json: Json): Leg {
  const asset = assetOf(json.text('currency'));
  const read = (decimal: string) => ({ amount: parseAmount(decimal, asset), asset });
  return {
    amount: read(json.decimal('amount')),
    fee: read(json.optionalDecimal('fee') ?? '0'),
    accountId: json.text('account_id'),
    json,
  };
}

/** Returns the rows without the fees. */
function movements(whole: Whole, legs: Leg[]): Transaction[] {
  const [first, second] = legs;
  if (!first) return [];
  if (second === undefined) return single(whole, first);
  if (legs.length === 2 && whole.kind !== 'exchange' && areEqual(first, second)) {
    return [between(whole, first, second)];
  }
  return exchanged(whole, legs);
}

function areEqual({ amount: a }: Leg, { amount: b }: Leg): boolean {
  return a.asset === b.asset && absolute(a).amount === absolute(b).amount;
}

/**
 * Creates a transfer between two own accounts. The leg with the negative amount is the source. In the document's example of an internal transfer
 * no amount is negative, and the first leg is the source.
 */
function between(whole: Whole, first: Leg, second: Leg): Transaction {
  const [source, target] =
    first.amount.amount > 0n && second.amount.amount < 0n ? [second, first] : [first, second];
  return {
    ...base(whole, source, 'TRANSFER'),
    sourceAccountId: source.accountId,
    destinationAccountId: target.accountId,
  };
}

/**
 * Creates one row for each leg of an exchange, because the two amounts differ. The rows name each other in metadata. `relatedTransactionId` with
 * the same type would merge them into one payment.
 */
function exchanged(whole: Whole, legs: Leg[]): Transaction[] {
  const paying = legs.find(({ amount }) => amount.amount < 0n) ?? legs[0];
  const idOf = (leg: Leg) => (leg === paying ? whole.id : `${whole.id}.${leg.accountId}`);
  return legs.map((leg) => {
    const other = legs.find((each) => each !== leg);
    const row = base(whole, leg, 'TRANSFER');
    return {
      ...row,
      id: idOf(leg),
      ...accountOf(leg),
      metadata: {
        ...row.metadata,
        ...(other && {
          ...revolutMetadata({
            exchanged_with: idOf(other),
            exchanged_amount: other.json.decimal('amount'),
            exchanged_currency: other.json.text('currency'),
          }),
        }),
      },
    };
  });
}

function single(whole: Whole, leg: Leg): Transaction[] {
  const isOut = leg.amount.amount <= 0n;
  switch (whole.kind) {
    case 'movement':
      return [movement(whole, leg, isOut)];
    case 'exchange':
      return exchanged(whole, [leg]);
    case 'other':
      return [{ ...base(whole, leg, 'OTHER'), ...accountOf(leg) }];
    case 'return':
      // Money that comes back was paid out before.
      return whole.related === undefined
        ? [movement(whole, leg, isOut)]
        : returned(whole, leg, isOut ? 'PAYIN' : 'PAYOUT');
    case 'other-return':
      return whole.related === undefined
        ? [{ ...base(whole, leg, 'OTHER'), ...accountOf(leg) }]
        : returned(whole, leg, 'OTHER');
  }
}

function movement(whole: Whole, leg: Leg, isOut: boolean): Transaction {
  const theirs = counterpartyOf(leg.json);
  const isOurs = leg.json.optionalText('counterparty', 'account_type') === 'self';
  return {
    ...base(whole, leg, isOurs ? 'TRANSFER' : isOut ? 'PAYOUT' : 'PAYIN'),
    ...(isOut
      ? { sourceAccountId: leg.accountId, ...(theirs && { destinationAccountId: theirs }) }
      : { destinationAccountId: leg.accountId, ...(theirs && { sourceAccountId: theirs }) }),
  };
}

/** Returns the id of the own account, or of the beneficiary, if the leg contains the complete id. */
function counterpartyOf(leg: Json): string | undefined {
  const account_id = leg.optionalText('counterparty', 'account_id');
  if (leg.optionalText('counterparty', 'account_type') === 'self') return account_id;
  const counterparty_id = leg.optionalText('counterparty', 'id');
  if (counterparty_id === undefined) return undefined;
  return writeBeneficiaryId({ counterparty_id, ...(account_id === undefined ? {} : { account_id }) });
}

/**
 * Creates a row that is linked to the original by id and type. An undecided return gives no row, because the row would mark the original as
 * pending.
 */
function returned(whole: Whole, leg: Leg, type: TransactionType): Transaction[] {
  if (!DECIDED.includes(whole.state)) return [];
  return [
    {
      ...base(whole, leg, type),
      ...accountOf(leg),
      ...(whole.related === undefined ? {} : { relatedTransactionId: whole.related }),
      status: whole.settled ? 'REFUNDED' : 'REFUNDED_FAILURE',
    },
  ];
}

/**
 * Creates a row for each fee that Revolut charged on top of the amount. A fee is linked to its row, except when clients would merge the two into
 * one payment: clients identify a payment by the linked id and the type.
 */
function feesOf(whole: Whole, legs: Leg[], rows: Transaction[]): Transaction[] {
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
        amount: absolute(leg.fee),
        ...accountOf(fee),
        metadata: revolutMetadata({ type: 'fee', fee_of: whole.id }),
      },
    ];
  });
}

/** Creates the reversal of a row, as a row of its own. It has the time of the original, so that every reading gives the same row. */
function revert({ id, type, status, relatedTransactionId, orderKey: _, ...row }: Transaction): Transaction {
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

function base(whole: Whole, leg: Leg, type: TransactionType): Transaction {
  const requestId = whole.json.optionalText('request_id');
  return {
    id: whole.id,
    ...(whole.type === 'transfer' && requestId !== undefined ? { orderKey: requestId } : {}),
    createdAt: whole.createdAt,
    updatedAt: whole.updatedAt,
    type,
    status: statusOf(whole),
    amount: absolute(leg.amount),
    metadata: { ...whole.metadata, ...legMetadata(leg.json) },
  };
}

function statusOf({ state, settled }: Whole): TransactionStatus {
  if (settled) return 'SUCCEEDED';
  if (isOpen(state)) return 'PENDING';
  if (state === 'declined' || state === 'failed') return 'FAILED';
  return state === 'reverted' ? 'CANCELLED' : 'OTHER';
}

function accountOf({
  amount,
  accountId,
}: Leg): Pick<Transaction, 'sourceAccountId' | 'destinationAccountId'> {
  return amount.amount <= 0n ? { sourceAccountId: accountId } : { destinationAccountId: accountId };
}

function absolute({ amount, asset }: Money): Money {
  return { amount: amount < 0n ? -amount : amount, asset };
}

/**
 * Returns metadata that only changes when the transaction changes. So it contains neither `updated_at` nor balances, and no personal data of
 * cards.
 */
function transactionMetadata(row: Json): Metadata {
  return revolutMetadata({
    type: row.text('type'),
    state: row.text('state'),
    request_id: row.optionalText('request_id'),
    reason_code: row.optionalText('reason_code'),
    reference: row.optionalText('reference'),
    completed_at: row.optionalText('completed_at'),
    scheduled_for: row.optionalText('scheduled_for'),
    related_transaction_id: row.optionalText('related_transaction_id'),
    merchant_id: row.optionalText('merchant', 'id'),
    merchant_name: row.optionalText('merchant', 'name'),
    merchant_city: row.optionalText('merchant', 'city'),
    merchant_country: row.optionalText('merchant', 'country'),
    merchant_category_code: row.optionalText('merchant', 'category_code'),
    card_id: row.optionalText('card', 'id'),
    card_number: row.optionalText('card', 'card_number'),
  });
}

function legMetadata(leg: Json): Metadata {
  return revolutMetadata({
    description: leg.optionalText('description'),
    bill_amount: leg.optionalDecimal('bill_amount'),
    bill_currency: leg.optionalText('bill_currency'),
    counterparty_id: leg.optionalText('counterparty', 'id'),
    counterparty_account_id: leg.optionalText('counterparty', 'account_id'),
    counterparty_account_type: leg.optionalText('counterparty', 'account_type'),
  });
}
