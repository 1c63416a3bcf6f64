/** Maps Mollie's objects to records, without side effects. Amounts are gross; each deduction is a row of its own. */
import { assetOf, money, parseAmount, RefusedError } from '@tributary/connector-api';
import type { Account, Balances, Metadata, Money, Transaction } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { payeeOf } from './mollie.beneficiaries.js';
import { BALANCE_TRANSACTION, OWNER, PREFIX } from './mollie.metadata-keys.js';
import { orderKeyIn } from './mollie.order-key.js';
import type { Untied } from './mollie.ties.js';
import { meaningOf } from './mollie.types.js';

const DESCRIPTION = `${PREFIX}description`;
/** Types of transaction that an approved draft transfer can become. */
const ORDERED: readonly string[] = ['bank-transfer', 'internal-transfer'];
const DEDUCTIONS = ['fees', 'commissions', 'repayments', 'reservations'] as const;

export function toAccount(balance: Json): Account {
  const currency = balance.text('currency');
  return {
    id: balance.text('id'),
    name: balance.optionalText('description') ?? `${currency} balance`,
    ...given('openedAt', balance.optionalTime('createdAt')),
    metadata: {
      [`${PREFIX}kind`]: 'balance',
      [`${PREFIX}currency`]: currency,
      [`${PREFIX}mode`]: balance.optionalText('mode'),
      [`${PREFIX}status`]: balance.optionalText('status'),
      [`${PREFIX}transfer_frequency`]: balance.optionalText('transferFrequency'),
      [`${PREFIX}transfer_reference`]: balance.optionalText('transferReference'),
    },
  };
}

/**
 * Maps a balance to its amounts.
 * @param at time of the request, because the response has no time
 * @param pending whether to include the amount that Mollie still holds
 * @throws InvalidRecordError when the two amounts have different assets
 */
export function toBalances(balance: Json, at: string, pending: boolean): Balances {
  const available = moneyOf(balance.record('availableAmount'));
  const held = moneyOf(balance.record('pendingAmount'));
  if (held.asset !== available.asset)
    throw new RefusedError(`pendingAmount is in ${held.asset}, availableAmount in ${available.asset}`);
  const amount = pending ? available.amount + held.amount : available.amount;
  return { accountId: balance.text('id'), at, amounts: [{ ...available, amount }] };
}

export function toBusinessAccount(account: Json): Account {
  const details = account.record('accountDetails');
  const holder = details.text('accountHolderName');
  return {
    id: account.text('id'),
    name: details.optionalText('name') ?? holder,
    ...given('openedAt', account.optionalTime('createdAt')),
    metadata: {
      [`${PREFIX}kind`]: 'business-account',
      [`${PREFIX}currency`]: details.optionalText('currency'),
      [`${PREFIX}mode`]: account.optionalText('mode'),
      [`${PREFIX}status`]: account.optionalText('status'),
      [`${OWNER}name`]: holder,
      [`${OWNER}iban`]: details.optionalText('iban'),
      [`${OWNER}swiftBicCode`]: details.optionalText('bic'),
    },
  };
}

export function toBusinessBalances(account: Json, at: string): Balances {
  return { accountId: account.text('id'), at, amounts: [moneyOf(account.record('balance', 'total'))] };
}

/** Maps one balance transaction to its row and one row for each deduction. The sum of the rows is `resultAmount`. */
export function toUntied(row: Json, balanceId: string): Untied[] {
  const initial = moneyOf(row.record('initialAmount'));
  const parts = deductionsOf(row, initial.asset);
  const rest =
    amountIn(row.record('resultAmount'), initial.asset) -
    initial.amount -
    sum(parts.map(({ amount }) => amount));
  if (rest !== 0n) parts.push({ name: 'other', amount: rest });
  const details = metadataOf(row, balanceId);
  const common = { createdAt: row.time('createdAt') };
  const deductions = parts.map(({ name, amount }): Untied => ({
    alone: {
      ...common,
      id: `${row.text('id')}-${name}`,
      ...movement(balanceId, { amount, asset: initial.asset }),
      type: 'OTHER',
      status: 'SUCCEEDED',
      metadata: { ...details, [`${PREFIX}deduction`]: name },
    },
  }));
  const alone: Transaction = {
    ...common,
    id: row.text('id'),
    ...movement(balanceId, initial),
    type: 'OTHER',
    status: 'SUCCEEDED',
    metadata: details,
  };
  return [untied(alone, meaningOf(row.text('type'), initial.amount), contextOf(row)), ...deductions];
}

function untied(
  alone: Transaction,
  meaning: ReturnType<typeof meaningOf>,
  context: ReadonlyMap<string, string>,
): Untied {
  const payment = context.get('paymentId');
  const transfer = context.get('transferId');
  switch (meaning) {
    case 'payment':
      return { alone: { ...alone, type: 'PAYIN' }, ...named(payment, { addsAs: 'CAPTURE' }) };
    case 'payment-reduced':
      return { alone, ...tied(payment, { type: 'PAYIN', status: 'REFUNDED' }) };
    case 'payment-restored':
      return { alone, ...tied(payment, { type: 'PAYIN', status: 'REFUND_REVERSED' }) };
    case 'settlement':
      return { alone: { ...alone, type: 'PAYOUT' }, ...named(transfer, {}) };
    case 'settlement-returned':
      return { alone, ...tied(transfer, { type: 'PAYOUT', status: 'REFUNDED' }) };
    case 'payin':
      return { alone: { ...alone, type: 'PAYIN' } };
    case 'other':
      return { alone };
  }
}

function named(id: string | undefined, how: { addsAs?: 'CAPTURE' }): Pick<Untied, 'wantsId'> {
  return id === undefined ? {} : { wantsId: { id, ...how } };
}

function tied(to: string | undefined, as: Pick<Transaction, 'type' | 'status'>): Pick<Untied, 'tie'> {
  return to === undefined ? {} : { tie: { to, ...as } };
}

/**
 * Maps one transaction of a business account.
 * @throws InvalidRecordError when its amount is negative
 */
export function toBusinessTransaction(row: Json, accountId: string): Transaction {
  const isCredit = row.oneOf(['credit', 'debit'], 'creditDebitIndicator') === 'credit';
  const { amount, asset } = moneyOf(row.record('amount'));
  if (amount < 0n)
    throw new RefusedError(`amount ${amount} is negative, and creditDebitIndicator tells the direction`);
  const type = row.text('type');
  const payee = payeeOf(row);
  const orderKey =
    isCredit || !ORDERED.includes(type) ? undefined : orderKeyIn(row.optionalText('description'));
  return {
    id: row.text('id'),
    createdAt: row.time('createdAt'),
    ...movement(accountId, { amount: isCredit ? amount : -amount, asset }),
    ...given('destinationAccountId', payee?.iban),
    ...given('orderKey', orderKey),
    // A transfer to another customer of Mollie can be an internal transfer. It is a payout nevertheless.
    type: orderKey === undefined ? businessType(type, isCredit) : 'PAYOUT',
    status: row.has('processedAt') ? 'SUCCEEDED' : 'PENDING',
    metadata: {
      [`${PREFIX}type`]: type,
      [`${PREFIX}business_account_id`]: accountId,
      [DESCRIPTION]: row.optionalText('description'),
      [`${PREFIX}counterparty_name`]: row.optionalText('counterparty', 'name'),
      [`${PREFIX}counterparty_identifier`]: row.optionalText('counterparty', 'identifier'),
      [`${PREFIX}processed_at`]: row.optionalText('processedAt'),
      [`${PREFIX}mode`]: row.optionalText('mode'),
    },
  };
}

/** Returns whether a payout has a payee but no description, in which the order's key would be. */
export function isNameless({ type, destinationAccountId, metadata }: Transaction): boolean {
  return type === 'PAYOUT' && destinationAccountId !== undefined && metadata?.[DESCRIPTION] === undefined;
}

function businessType(type: string, isCredit: boolean): Transaction['type'] {
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
function movement(
  accountId: string,
  { amount, asset }: Money,
): Pick<Transaction, 'amount' | 'sourceAccountId' | 'destinationAccountId'> {
  return amount < 0n
    ? { amount: { amount: -amount, asset }, sourceAccountId: accountId }
    : { amount: { amount, asset }, destinationAccountId: accountId };
}

function deductionsOf(row: Json, asset: string): { name: string; amount: bigint }[] {
  return DEDUCTIONS.flatMap((name) => {
    const value = row.optionalRecord('deductionDetails', name);
    const amount = value === undefined ? 0n : amountIn(value, asset);
    return amount === 0n ? [] : [{ name, amount }];
  });
}

/** Reads `context.paymentId`, as in the examples and the prose, and `context.payment.paymentId`, as in the schema. */
function contextOf(row: Json): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const context = row.at('context');
  for (const name of context.names()) {
    const nested = context.names(name);
    for (const member of nested) add(member, context.at(name, member));
    if (nested.length === 0) add(name, context.at(name));
  }
  return found;
  function add(name: string, value: Json): void {
    if (value.has()) found.set(name, value.text());
  }
}

function metadataOf(row: Json, balanceId: string): Metadata {
  const context = [...contextOf(row)].map(([name, value]) => [`${PREFIX}${snakeCase(name)}`, value]);
  return {
    ...Object.fromEntries(context),
    [`${PREFIX}type`]: row.text('type'),
    [BALANCE_TRANSACTION]: row.text('id'),
    [`${PREFIX}balance_id`]: balanceId,
  } as Metadata;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export function moneyOf(amount: Json): Money {
  return money(amount.decimal('value'), amount.text('currency'));
}

function amountIn(amount: Json, asset: string): bigint {
  const found = assetOf(amount.text('currency'));
  if (found !== asset) throw new RefusedError(`an amount in ${found}, expected ${asset} as initialAmount`);
  return parseAmount(amount.decimal('value'), asset);
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}

function given<Name extends string>(name: Name, value: string | undefined): { [name in Name]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { [name in Name]?: string };
}
