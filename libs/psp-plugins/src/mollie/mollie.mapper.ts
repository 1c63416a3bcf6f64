/** Maps Mollie's objects to records, without side effects. Amounts are gross; each deduction is a row of its own. */
import {
  createRowMetadata,
  currencyToAsset,
  InvalidRecordError,
  parseAmount,
  parseMoney,
  readText,
} from '@tributary/connector-api';
import type { Account, Balances, Metadata, Money, Movement, Transaction } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { parsePayee } from './mollie.beneficiaries.js';
import { BALANCE_TRANSACTION_KEY, OWNER_METADATA_PREFIX, MOLLIE_PREFIX } from './mollie.metadata-keys.js';
import { extractOrderKey } from './mollie.description-key.js';
import type { UnlinkedTransaction } from './mollie.ties.js';
import { classifyMovement, classifyTransaction } from './mollie.types.js';

const DESCRIPTION_KEY = `${MOLLIE_PREFIX}description`;
/** Types of transaction that an approved draft transfer can become. */
const DRAFT_TRANSFER_TYPES: readonly string[] = ['bank-transfer', 'internal-transfer'];
const DEDUCTION_NAMES = ['fees', 'commissions', 'repayments', 'reservations'] as const;
const DEDUCTION_MOVEMENTS: Readonly<Record<string, Movement>> = {
  fees: 'fee',
  commissions: 'fee',
  repayments: 'adjustment',
  reservations: 'adjustment',
};

export function toAccount(balance: Json): Account {
  const currency = balance.string('currency');
  return {
    id: balance.string('id'),
    name: balance.optionalString('description') ?? `${currency} balance`,
    ...optionalProperty('openedAt', balance.optionalTime('createdAt')),
    metadata: {
      [`${MOLLIE_PREFIX}kind`]: 'balance',
      [`${MOLLIE_PREFIX}currency`]: currency,
      [`${MOLLIE_PREFIX}mode`]: balance.optionalString('mode'),
      [`${MOLLIE_PREFIX}status`]: balance.optionalString('status'),
      [`${MOLLIE_PREFIX}transfer_frequency`]: balance.optionalString('transferFrequency'),
      [`${MOLLIE_PREFIX}transfer_reference`]: balance.optionalString('transferReference'),
    },
  };
}

/**
 * Maps a balance to its amounts.
 * @param at time of the request, because the response has no time
 * @param includePending whether to include the amount that Mollie still holds
 * @throws InvalidRecordError when the two amounts have different assets
 */
export function toBalances(balance: Json, at: string, includePending: boolean): Balances {
  const available = parseMoneyObject(balance.object('availableAmount'));
  const held = parseMoneyObject(balance.object('pendingAmount'));
  if (held.asset !== available.asset)
    throw new InvalidRecordError(`pendingAmount is in ${held.asset}, availableAmount in ${available.asset}`);
  const amount = includePending ? available.amount + held.amount : available.amount;
  return { accountId: balance.string('id'), at, amounts: [{ ...available, amount }] };
}

export function toBusinessAccount(account: Json): Account {
  const details = account.object('accountDetails');
  const holder = details.string('accountHolderName');
  return {
    id: account.string('id'),
    name: details.optionalString('name') ?? holder,
    ...optionalProperty('openedAt', account.optionalTime('createdAt')),
    metadata: {
      [`${MOLLIE_PREFIX}kind`]: 'business-account',
      [`${MOLLIE_PREFIX}currency`]: details.optionalString('currency'),
      [`${MOLLIE_PREFIX}mode`]: account.optionalString('mode'),
      [`${MOLLIE_PREFIX}status`]: account.optionalString('status'),
      [`${OWNER_METADATA_PREFIX}name`]: holder,
      [`${OWNER_METADATA_PREFIX}iban`]: details.optionalString('iban'),
      [`${OWNER_METADATA_PREFIX}swiftBicCode`]: details.optionalString('bic'),
    },
  };
}

export function toBusinessBalances(account: Json, at: string): Balances {
  return {
    accountId: account.string('id'),
    at,
    amounts: [parseMoneyObject(account.object('balance', 'total'))],
  };
}

/** Maps one balance transaction to its row and one row for each deduction. The sum of the rows is `resultAmount`. */
export function toUnlinkedTransactions(row: Json, balanceId: string): UnlinkedTransaction[] {
  const initial = parseMoneyObject(row.object('initialAmount'));
  const parts = parseDeductions(row, initial.asset);
  const remainder =
    parseAmountInAsset(row.object('resultAmount'), initial.asset) -
    initial.amount -
    sumAmounts(parts.map(({ amount }) => amount));
  if (remainder !== 0n) parts.push({ name: 'other', amount: remainder });
  const details = createMetadata(row, balanceId);
  const context = parseContext(row);
  const meaning = classifyTransaction(row.string('type'), initial.amount);
  const settlement = context.get('settlementId');
  // A payment or a transfer is served under its own id, and so is what refers to it.
  const relatedId = context.get('paymentId') ?? context.get('transferId') ?? row.string('id');
  const common = { createdAt: row.time('createdAt') };
  const deductions = parts.map(({ name, amount }): UnlinkedTransaction => ({
    transaction: {
      ...common,
      id: `${row.string('id')}-${name}`,
      ...toMovementFields(balanceId, { amount, asset: initial.asset }),
      type: 'OTHER',
      status: 'SUCCEEDED',
      metadata: {
        ...details,
        [`${MOLLIE_PREFIX}deduction`]: name,
        ...createRowMetadata({ movement: DEDUCTION_MOVEMENTS[name] ?? 'other', settlement, relatedId }),
      },
    },
  }));
  const alone: Transaction = {
    ...common,
    id: row.string('id'),
    ...toMovementFields(balanceId, initial),
    type: 'OTHER',
    status: 'SUCCEEDED',
    metadata: {
      ...details,
      ...createRowMetadata({
        movement: classifyMovement(row.string('type'), meaning),
        settlement,
        relatedId: meaning === 'other' ? context.get('paymentId') : undefined,
      }),
    },
  };
  return [toUnlinked(alone, meaning, context), ...deductions];
}

function toUnlinked(
  transaction: Transaction,
  meaning: ReturnType<typeof classifyTransaction>,
  context: ReadonlyMap<string, string>,
): UnlinkedTransaction {
  const payment = context.get('paymentId');
  const transfer = context.get('transferId');
  switch (meaning) {
    case 'payment':
      return {
        transaction: { ...transaction, type: 'PAYIN' },
        ...preferId(payment, { statusIfTaken: 'CAPTURE' }),
      };
    case 'payment-reduced':
      return { transaction, ...linkTo(payment, { type: 'PAYIN', status: 'REFUNDED' }) };
    case 'payment-restored':
      return { transaction, ...linkTo(payment, { type: 'PAYIN', status: 'REFUND_REVERSED' }) };
    case 'settlement':
      return { transaction: { ...transaction, type: 'PAYOUT' }, ...preferId(transfer, {}) };
    case 'settlement-returned':
      return { transaction, ...linkTo(transfer, { type: 'PAYOUT', status: 'REFUNDED' }) };
    case 'payin':
      return { transaction: { ...transaction, type: 'PAYIN' } };
    case 'other':
      return { transaction };
  }
}

function preferId(
  id: string | undefined,
  options: { statusIfTaken?: 'CAPTURE' },
): Pick<UnlinkedTransaction, 'preferredId'> {
  return id === undefined ? {} : { preferredId: { id, ...options } };
}

function linkTo(
  targetId: string | undefined,
  as: Pick<Transaction, 'type' | 'status'>,
): Pick<UnlinkedTransaction, 'link'> {
  return targetId === undefined ? {} : { link: { targetId, ...as } };
}

/**
 * Maps one transaction of a business account.
 * @throws InvalidRecordError when its amount is negative
 */
export function toBusinessTransaction(row: Json, accountId: string): Transaction {
  const isCredit = row.oneOf(['credit', 'debit'], 'creditDebitIndicator') === 'credit';
  const { amount, asset } = parseMoneyObject(row.object('amount'));
  if (amount < 0n)
    throw new InvalidRecordError(
      `amount ${amount} is negative, and creditDebitIndicator tells the direction`,
    );
  const type = row.string('type');
  const payee = parsePayee(row);
  const orderKey =
    isCredit || !DRAFT_TRANSFER_TYPES.includes(type)
      ? undefined
      : extractOrderKey(readText(row, 'description'));
  // A transfer to another customer of Mollie can be an internal transfer. It is a payout nevertheless.
  const rowType = orderKey === undefined ? mapBusinessType(type, isCredit) : 'PAYOUT';
  return {
    id: row.string('id'),
    createdAt: row.time('createdAt'),
    ...toMovementFields(accountId, { amount: isCredit ? amount : -amount, asset }),
    ...optionalProperty('destinationAccountId', payee?.iban),
    ...optionalProperty('orderKey', orderKey),
    type: rowType,
    status: row.has('processedAt') ? 'SUCCEEDED' : 'PENDING',
    metadata: {
      [`${MOLLIE_PREFIX}type`]: type,
      [`${MOLLIE_PREFIX}business_account_id`]: accountId,
      [DESCRIPTION_KEY]: readText(row, 'description'),
      [`${MOLLIE_PREFIX}counterparty_name`]: readText(row, 'counterparty', 'name'),
      [`${MOLLIE_PREFIX}counterparty_identifier`]: readText(row, 'counterparty', 'identifier'),
      [`${MOLLIE_PREFIX}processed_at`]: readText(row, 'processedAt'),
      [`${MOLLIE_PREFIX}mode`]: readText(row, 'mode'),
      ...createRowMetadata({
        movement: BUSINESS_MOVEMENTS[rowType],
        reference: readText(row, 'description'),
        bookedAt: readText(row, 'processedAt'),
        counterpartyName: readText(row, 'counterparty', 'name'),
        counterpartyAccount: readText(row, 'counterparty', 'identifier'),
      }),
    },
  };
}

const BUSINESS_MOVEMENTS: Readonly<Record<Transaction['type'], Movement>> = {
  PAYIN: 'payment',
  PAYOUT: 'payout',
  TRANSFER: 'transfer',
  OTHER: 'other',
};

/** Returns whether a payout has a payee but no description, in which the order's key would be. */
export function isPayoutWithoutDescription({ type, destinationAccountId, metadata }: Transaction): boolean {
  return type === 'PAYOUT' && destinationAccountId !== undefined && metadata?.[DESCRIPTION_KEY] === undefined;
}

function mapBusinessType(type: string, isCredit: boolean): Transaction['type'] {
  switch (type) {
    case 'internal-transfer':
    case 'psp-transfer':
      return 'TRANSFER';
    case 'card-payment':
    case 'bank-transfer':
    case 'ideal-payment':
    case 'direct-debit':
    case 'direct-debit-refund':
      return isCredit ? 'PAYIN' : 'PAYOUT';
    default:
      return 'OTHER';
  }
}

/** Returns the amount without a sign, and the account as source or destination according to the sign. */
function toMovementFields(
  accountId: string,
  { amount, asset }: Money,
): Pick<Transaction, 'amount' | 'sourceAccountId' | 'destinationAccountId'> {
  return amount < 0n
    ? { amount: { amount: -amount, asset }, sourceAccountId: accountId }
    : { amount: { amount, asset }, destinationAccountId: accountId };
}

function parseDeductions(row: Json, asset: string): { name: string; amount: bigint }[] {
  return DEDUCTION_NAMES.flatMap((name) => {
    const value = row.optionalObject('deductionDetails', name);
    const amount = value === undefined ? 0n : parseAmountInAsset(value, asset);
    return amount === 0n ? [] : [{ name, amount }];
  });
}

/** Reads `context.paymentId`, as in the examples and the prose, and `context.payment.paymentId`, as in the schema. */
function parseContext(row: Json): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const context = row.at('context');
  for (const name of context.propertyNames()) {
    const nested = context.propertyNames(name);
    for (const member of nested) add(member, context.at(name, member));
    if (nested.length === 0) add(name, context.at(name));
  }
  return found;
  function add(name: string, value: Json): void {
    const text = readText(value);
    // An object or a list is no id, so it links nothing.
    if (text !== undefined && !/^[[{]/.test(text)) found.set(name, text);
  }
}

function createMetadata(row: Json, balanceId: string): Metadata {
  const context = [...parseContext(row)].map(([name, value]) => [
    `${MOLLIE_PREFIX}${snakeCase(name)}`,
    value,
  ]);
  return {
    ...Object.fromEntries(context),
    [`${MOLLIE_PREFIX}type`]: row.string('type'),
    [BALANCE_TRANSACTION_KEY]: row.string('id'),
    [`${MOLLIE_PREFIX}balance_id`]: balanceId,
  } as Metadata;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export function parseMoneyObject(amount: Json): Money {
  return parseMoney(amount.decimal('value'), amount.string('currency'));
}

function parseAmountInAsset(amount: Json, asset: string): bigint {
  const found = currencyToAsset(amount.string('currency'));
  if (found !== asset)
    throw new InvalidRecordError(`an amount in ${found}, expected ${asset} as initialAmount`);
  return parseAmount(amount.decimal('value'), asset);
}

function sumAmounts(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}

function optionalProperty<Name extends string>(
  name: Name,
  value: string | undefined,
): { [name in Name]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { [name in Name]?: string };
}
