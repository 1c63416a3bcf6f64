/** Creates the rows of the simulated PSP's responses, with ids, names and decimal numbers. Some rows are malformed on purpose. */
import { currencyToAsset, formatAmount, formatTime } from '@tributary/connector-api';
import type { SandboxSettings } from '../sandbox.config.js';
import { getRandomFraction, getRandomInteger, RandomTopic } from './stateless-random.js';
import type { TimelineEntry } from './payment-index.js';
import type { AcceptedAttempt, PaymentState } from './payment-state.js';
import type { TransactionState } from './movement-cycle.js';
import type { Movement } from './activity-simulator.js';

/** A row of the PSP's responses. A malformed row has invalid or missing values. */
export type SandboxRow = Record<string, unknown>;

/** The kind of object to which an id belongs. The random ids of different kinds are independent of each other. */
enum IdKind {
  Account,
  Beneficiary,
  Transaction,
  Payment,
}

const OWNER_NAMES = [
  'Zoë Müller',
  'Ingrid Sørensen',
  'Łukasz Wójcik',
  'Amara Okafor',
  'Jean-Luc d’Arc',
  '山田 太郎',
  'Chloe O’Brien',
  'Ann Smith & Sons Ltd',
  'Γιώργος Παππάς',
  'Müller "Söhne" GmbH',
] as const;
const ACCOUNT_PURPOSES = ['Operating', 'Settlement', 'Payroll', 'Reserve', 'Fees'] as const;

export function createAccountId(settings: SandboxSettings, index: number): string {
  return createId(settings, IdKind.Account, index, `acc-${index + 1}`, `acc/${index + 1} é`);
}

export function createBeneficiaryId(settings: SandboxSettings, index: number): string {
  return createId(settings, IdKind.Beneficiary, index, `ben-${index + 1}`, `ben:${index + 1}/€`);
}

export function createTransactionId(settings: SandboxSettings, number: number): string {
  const digits = number.toString(36).padStart(6, '0');
  return createId(settings, IdKind.Transaction, number, `tx_${digits}`, `TX/ö ${digits}`);
}

/**
 * Creates the id of a payment.
 * @param chance the hash of the idempotency key, an integer
 */
export function createPaymentId(settings: SandboxSettings, key: string, chance: number): string {
  return createId(settings, IdKind.Payment, chance, `pay_${key}`, `PAY/é ${key}`);
}

/** Returns the index of an account, or `undefined` if the PSP never issued the id. */
export function parseAccountIndex(settings: SandboxSettings, id: string): number | undefined {
  const index = Number(/^acc[-/](\d{1,7})/.exec(id)?.[1]) - 1;
  return index >= 0 && index < settings.accounts && createAccountId(settings, index) === id
    ? index
    : undefined;
}

/** Returns the index of a beneficiary, or `undefined` if the PSP never issued the id. */
export function parseBeneficiaryIndex(settings: SandboxSettings, id: string): number | undefined {
  const index = Number(/^ben[-:](\d{1,7})/.exec(id)?.[1]) - 1;
  return index >= 0 && index < settings.beneficiaries && createBeneficiaryId(settings, index) === id
    ? index
    : undefined;
}

export function createAccountRow(settings: SandboxSettings, index: number, opened: number): SandboxRow {
  return {
    id: createAccountId(settings, index),
    label: `${ACCOUNT_PURPOSES[index % ACCOUNT_PURPOSES.length]} account ${index + 1}`,
    opened: formatTime(opened),
  };
}

export function createBeneficiaryRow(settings: SandboxSettings, index: number, opened: number): SandboxRow {
  return {
    id: createBeneficiaryId(settings, index),
    holder: OWNER_NAMES[getRandomInteger(OWNER_NAMES.length, settings.seed, RandomTopic.People, index)],
    iban: createGermanIban(
      10_000_000 + getRandomInteger(80_000_000, settings.seed, RandomTopic.People, index, 1),
      index,
    ),
    country: 'DE',
    added: formatTime(opened),
  };
}

export function createTransactionRow(settings: SandboxSettings, movement: Movement): SandboxRow {
  const { number, amount, currency } = movement;
  const row: SandboxRow = {
    id: createTransactionId(settings, number),
    reference: `S${String(number).padStart(10, '0')}`,
    kind: movement.baseKind,
    state: movement.state,
    created: formatTime(movement.createdAt),
    amount: formatAmount({ amount: BigInt(amount), asset: currencyToAsset(currency) }),
    currency,
    ...getParties(settings, movement),
  };
  if (movement.kind === 'refund') swapParties(row);
  if (movement.originalNumber !== undefined)
    row.original = createTransactionId(settings, movement.originalNumber);
  return isRowMalformed(settings, number) ? malformRow(row, settings.seed, number) : row;
}

/** Creates the listing's row for a payment of an order, or for its return. */
export function createOrderPaymentRow(
  { repeatsKeys }: SandboxSettings,
  { payment, isReturn, createdAt }: TimelineEntry,
  state: TransactionState,
): SandboxRow {
  const { id, key, reference, kind, from, to, amount, currency } = payment;
  const row: SandboxRow = {
    id,
    reference,
    kind,
    state,
    created: formatTime(createdAt),
    amount,
    currency,
    from,
    to,
  };
  if (kind === 'payout') row.scheme = 'SEPA CREDIT';
  if (isReturn) return swapParties({ ...row, id: `${id}-return`, original: id });
  return repeatsKeys ? { ...row, key } : row;
}

/** Creates the response to a lookup of one payment. */
export function createPaymentRow({ id }: AcceptedAttempt, state: PaymentState): SandboxRow {
  switch (state) {
    case 'failed':
      return { id, state, reason: { code: 'account_blocked', text: 'the account does not take payments' } };
    case 'returned':
      return { id, state, reason: { code: 'account_closed', text: 'the account was closed' } };
    case 'pending':
    case 'completed':
      return { id, state };
  }
}

export function isRowMalformed({ seed, poisonRows }: SandboxSettings, number: number): boolean {
  return poisonRows > 0 && getRandomFraction(seed, RandomTopic.Malformed, number) < poisonRows;
}

/** Exchanges source and destination, because the money of a refund or a return moves in the opposite direction. */
function swapParties(row: SandboxRow): SandboxRow {
  const { from, to } = row;
  delete row.from;
  delete row.to;
  return Object.assign(row, to !== undefined && { from: to }, from !== undefined && { to: from });
}

/** Returns source, destination and scheme. A refund has those of the refunded transaction. */
function getParties(
  settings: SandboxSettings,
  { baseKind, accountIndex, targetAccountIndex, beneficiaryIndex }: Movement,
): SandboxRow {
  const own = createAccountId(settings, accountIndex);
  switch (baseKind) {
    case 'payin':
      return { to: own, scheme: 'SEPA CREDIT' };
    case 'payout':
      return {
        from: own,
        ...(beneficiaryIndex === undefined ? {} : { to: createBeneficiaryId(settings, beneficiaryIndex) }),
        scheme: 'SEPA CREDIT',
      };
    case 'transfer':
      return {
        from: own,
        ...(targetAccountIndex === undefined ? {} : { to: createAccountId(settings, targetAccountIndex) }),
      };
    case 'fee':
      return { from: own };
    case 'refund':
      throw new Error('a refund of a refund does not exist');
  }
}

/**
 * The number of kinds of malformed rows. The plugin's mapper detects the first five kinds, and the gateway's validation of records detects
 * the last kind.
 */
const MALFORMATION_COUNT = 6;

function malformRow(row: SandboxRow, seed: number, number: number): SandboxRow {
  switch (getRandomInteger(MALFORMATION_COUNT, seed, RandomTopic.Malformations, number)) {
    case 0:
      return { ...row, amount: `${String(row.amount).slice(0, -1)}O` };
    case 1:
      return { ...row, currency: 'XQX' };
    case 2:
      return { ...row, id: undefined };
    case 3:
      return { ...row, state: 'maybe' };
    case 4:
      return { ...row, amount: `-${String(row.amount)}` };
    default:
      return { ...row, created: `${String(row.created).slice(0, 4)}-02-30T25:61:00Z` };
  }
}

function createId(
  settings: SandboxSettings,
  named: IdKind,
  number: number,
  plain: string,
  odd: string,
): string {
  const { seed, oddIds } = settings;
  return oddIds > 0 && getRandomFraction(seed, RandomTopic.Ids, number, named) < oddIds ? odd : plain;
}

/** Creates a German IBAN from a bank code and an account number. The check digits are those of ISO 7064 (D = 13, E = 14). */
function createGermanIban(bank: number, account: number): string {
  const rest = `${bank}${String(account + 1).padStart(10, '0')}`;
  const check = 98n - (BigInt(`${rest}131400`) % 97n);
  return `DE${String(check).padStart(2, '0')}${rest}`;
}
