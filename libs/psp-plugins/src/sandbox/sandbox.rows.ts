/** Creates the rows of the simulated PSP's responses: ids, names, decimals. Some rows are malformed on purpose. */
import { assetOf, formatAmount, formatTime } from '@tributary/connector-api';
import type { SandboxSettings } from './sandbox.config.js';
import { draw, drawInt, Topic } from './sandbox.random.js';
import type { Entry } from './sandbox.ledger.js';
import type { Payment, PaymentState } from './sandbox.payments.js';
import type { State } from './sandbox.slots.js';
import type { Movement } from './sandbox.world.js';

/** A row of the PSP's responses. A malformed row has invalid or missing values. */
export type Row = Record<string, unknown>;

/** Kind of object that an id belongs to. It makes the random ids of different kinds independent. */
enum Named {
  Account,
  Beneficiary,
  Transaction,
  Payment,
}

const PEOPLE = [
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
const PURPOSES = ['Operating', 'Settlement', 'Payroll', 'Reserve', 'Fees'] as const;

export function accountId(settings: SandboxSettings, index: number): string {
  return idOf(settings, Named.Account, index, `acc-${index + 1}`, `acc/${index + 1} é`);
}

export function beneficiaryId(settings: SandboxSettings, index: number): string {
  return idOf(settings, Named.Beneficiary, index, `ben-${index + 1}`, `ben:${index + 1}/€`);
}

export function transactionId(settings: SandboxSettings, number: number): string {
  const digits = number.toString(36).padStart(6, '0');
  return idOf(settings, Named.Transaction, number, `tx_${digits}`, `TX/ö ${digits}`);
}

/** @param chance hash of the idempotency key, an integer */
export function paymentId(settings: SandboxSettings, key: string, chance: number): string {
  return idOf(settings, Named.Payment, chance, `pay_${key}`, `PAY/é ${key}`);
}

/** @returns the account's index, or `undefined` if the PSP never issued the id. */
export function accountIndex(settings: SandboxSettings, id: string): number | undefined {
  const index = Number(/^acc[-/](\d{1,7})/.exec(id)?.[1]) - 1;
  return index >= 0 && index < settings.accounts && accountId(settings, index) === id ? index : undefined;
}

/** @returns the beneficiary's index, or `undefined` if the PSP never issued the id. */
export function beneficiaryIndex(settings: SandboxSettings, id: string): number | undefined {
  const index = Number(/^ben[-:](\d{1,7})/.exec(id)?.[1]) - 1;
  return index >= 0 && index < settings.beneficiaries && beneficiaryId(settings, index) === id
    ? index
    : undefined;
}

export function accountRow(settings: SandboxSettings, index: number, opened: number): Row {
  return {
    id: accountId(settings, index),
    label: `${PURPOSES[index % PURPOSES.length]} account ${index + 1}`,
    opened: formatTime(opened),
  };
}

export function beneficiaryRow(settings: SandboxSettings, index: number, opened: number): Row {
  return {
    id: beneficiaryId(settings, index),
    holder: PEOPLE[drawInt(PEOPLE.length, settings.seed, Topic.People, index)],
    iban: germanIban(10_000_000 + drawInt(80_000_000, settings.seed, Topic.People, index, 1), index),
    country: 'DE',
    added: formatTime(opened),
  };
}

export function transactionRow(settings: SandboxSettings, movement: Movement): Row {
  const { number, amount, currency } = movement;
  const row: Row = {
    id: transactionId(settings, number),
    reference: `S${String(number).padStart(10, '0')}`,
    kind: movement.of,
    state: movement.state,
    created: formatTime(movement.created),
    amount: formatAmount({ amount: BigInt(amount), asset: assetOf(currency) }),
    currency,
    ...parties(settings, movement),
  };
  if (movement.original !== undefined) row.original = transactionId(settings, movement.original);
  return isPoisoned(settings, number) ? broken(row, settings.seed, number) : row;
}

/** Creates the listing's row for a payment of an order, or for its return. */
export function entryRow(
  { repeatsKeys }: SandboxSettings,
  { payment, isReturn, created }: Entry,
  state: State,
): Row {
  const { id, key, reference, kind, from, to, amount, currency } = payment;
  const row: Row = { id, reference, kind, state, created: formatTime(created), amount, currency, from, to };
  if (kind === 'payout') row.scheme = 'SEPA CREDIT';
  if (isReturn) return { ...row, id: `${id}-return`, original: id };
  return repeatsKeys ? { ...row, key } : row;
}

/** Creates the response to a lookup of one payment. */
export function paymentRow({ id }: Payment, state: PaymentState): Row {
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

export function isPoisoned({ seed, poisonRows }: SandboxSettings, number: number): boolean {
  return poisonRows > 0 && draw(seed, Topic.Poison, number) < poisonRows;
}

/** Returns source, destination and scheme. A refund has those of the refunded transaction. */
function parties(settings: SandboxSettings, { of, account, target, payee }: Movement): Row {
  const own = accountId(settings, account);
  switch (of) {
    case 'payin':
      return { to: own, scheme: 'SEPA CREDIT' };
    case 'payout':
      return {
        from: own,
        ...(payee === undefined ? {} : { to: beneficiaryId(settings, payee) }),
        scheme: 'SEPA CREDIT',
      };
    case 'transfer':
      return { from: own, ...(target === undefined ? {} : { to: accountId(settings, target) }) };
    case 'fee':
      return { from: own };
    case 'refund':
      throw new Error('a refund of a refund does not exist');
  }
}

/** Number of ways in which a row can be malformed. The mapper detects the first four, the record validation the last two. */
const AILMENTS = 6;

function broken(row: Row, seed: number, number: number): Row {
  switch (drawInt(AILMENTS, seed, Topic.Ailments, number)) {
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

function idOf(settings: SandboxSettings, named: Named, number: number, plain: string, odd: string): string {
  const { seed, oddIds } = settings;
  return oddIds > 0 && draw(seed, Topic.Ids, number, named) < oddIds ? odd : plain;
}

/** Creates a German IBAN from bank code and account number, with ISO 7064 check digits (D = 13, E = 14). */
function germanIban(bank: number, account: number): string {
  const rest = `${bank}${String(account + 1).padStart(10, '0')}`;
  const check = 98n - (BigInt(`${rest}131400`) % 97n);
  return `DE${String(check).padStart(2, '0')}${rest}`;
}
