/**
 * Identifies movements and statements. Banks give no id that is the same in every report. Therefore movements are grouped by account,
 * amount, currency and day (the *group*). The id of a transaction is the key of its group and its number in the group. The facts that
 * distinguish movements within a group are stored as digests in the record's metadata (the *fingerprint*), so that entries of later
 * statements can be matched. Reasons: docs/decisions/0003-identity-of-statement-entries.md.
 */
import { hash } from 'node:crypto';
import { extractDate } from '../statements/local-time-parser.js';
import type { Entry, EntryFacts, StatementBalance, StatementStart } from '../statements/statement.types.js';

/** Returns a digest of 12 characters (72 bits). */
export function computeDigest(...parts: (string | number | undefined)[]): string {
  return hash('sha256', JSON.stringify(parts.map((part) => part ?? '')), 'base64url').slice(0, 12);
}

/** Digests of the facts that distinguish movements within a group. A digest is empty if the bank does not give the fact. */
export interface FactDigests {
  /** Digest of all facts together. */
  all: string;
  /** Digest of the bank's reference, if the reference is distinctive (see `isDistinctiveReference`). */
  reference: string;
  /**
   * Digest of the bank's reference if the reference is not distinctive, e.g. a counter. It identifies a movement only together with other
   * facts.
   */
  shortReference: string;
  /** Digest of the payer's reference for the payment (end-to-end id). */
  payment: string;
  counterparty: string;
  text: string;
}

/**
 * Returns the facts as upper-case letters and digits, in this order: bank reference, payment reference, counterparty, text, all other
 * facts.
 */
export function normalizeFacts(facts: EntryFacts): string[] {
  const { references, counterparty } = facts;
  const payment = references.endToEndId ?? references.customerReference;
  const text = [facts.remittance, facts.creditorReference].join(' ').trim() || facts.additionalInformation;
  const others = Object.entries(references).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    ...[facts.bankReference, payment, counterparty?.iban ?? counterparty?.accountNumber, text].map(normalize),
    JSON.stringify(others),
  ];
}

/** @param words the result of `normalizeFacts` */
export function digestNormalizedFacts(words: readonly string[]): FactDigests {
  const [reference = '', payment, counterparty, text] = words;
  return {
    all: computeDigest(...words),
    reference: isDistinctiveReference(reference) ? computeDigest(reference) : '',
    shortReference:
      isUsableReference(reference) && !isDistinctiveReference(reference) ? computeDigest(reference) : '',
    payment: digestUnlessEmpty(payment),
    counterparty: digestUnlessEmpty(counterparty),
    text: digestUnlessEmpty(text),
  };
}

const ASCII_PATTERN = /^[\x00-\x7f]*$/;

/** Keeps only letters and digits, because banks wrap and pad text differently in different reports. */
function normalize(text: string | undefined): string {
  if (text === undefined || text === '') return '';
  const upper = text.toUpperCase();
  // Almost all texts are ASCII. The pattern for ASCII is several times as fast as the other pattern.
  return upper.replace(ASCII_PATTERN.test(upper) ? /[^A-Z0-9]+/g : /[^\p{L}\p{N}]/gu, '');
}

function digestUnlessEmpty(normalised: string | undefined): string {
  return normalised ? computeDigest(normalised) : '';
}

const PLACEHOLDERS = new Set(['NONREF', 'NOREF', 'NOTPROVIDED', 'NOTAVAILABLE', 'UNKNOWN', 'REFERENCE']);

/**
 * Returns whether a reference is distinctive outside its statement. Counters that start again (`//0001`) and placeholders are not
 * distinctive.
 */
export function isDistinctiveReference(normalised: string): boolean {
  const text = normalised.replace(/^0+/, '');
  return text.length >= 5 && !PLACEHOLDERS.has(text) && !/^(.)\1*$/.test(text);
}

/** Returns whether a reference identifies anything, i.e. is not a placeholder. */
export function isUsableReference(normalised: string): boolean {
  return normalised.length >= 2 && !PLACEHOLDERS.has(normalised) && !/^0*$/.test(normalised);
}

/**
 * Returns the account's id. It is an IBAN, or the bank's account number together with the bank's code, because account numbers are unique
 * only within a bank.
 */
export function accountIdFrom({ account }: Pick<StatementStart, 'account'>): string {
  const { id, isIban, servicer } = account;
  // The account number already contains the bank code, as in `:25:37040044/532013000`.
  return isIban || !servicer || id.startsWith(servicer) ? id : `${servicer}.${id}`;
}

/** Kind of a group and its day. */
export type GroupCriterion = readonly [kind: 'booked' | 'value' | 'pending' | 'information', day?: string];

/**
 * Returns the groups in which an entry may be found. A new movement is added to the first group of the result.
 * - by booking day;
 * - by value day, if the entry has no booking day (optional in MT942);
 * - pending: entries that have no final day.
 * @param reported time of the statement: a pending entry without a day may be booked on that day
 */
export function listGroupCriteria(entry: Entry, reported?: string): [GroupCriterion, ...GroupCriterion[]] {
  const booked = extractDate(entry.bookedAt);
  const value = extractDate(entry.valueAt);
  const byBooking = (day?: string): GroupCriterion[] => (day ? [['booked', day]] : []);
  switch (entry.status) {
    case 'INFO':
      return [['information', booked ?? value]];
    case 'PDNG':
    case 'FUTR':
      return [['pending'], ...[...new Set([booked, value ?? extractDate(reported)])].flatMap(byBooking)];
    case 'BOOK':
      return booked
        ? [['booked', booked], ['value', value], ['pending']]
        : [['value', value], ...byBooking(value), ['pending']];
    default:
      return entry.status satisfies never;
  }
}

export function createGroupKey(
  accountId: string,
  signedAmount: string,
  [kind, day = '']: GroupCriterion,
): string {
  return hash('sha256', JSON.stringify([accountId, signedAmount, kind, day]), 'hex').slice(0, 24);
}

/**
 * Returns a digest that identifies the statement in every file. Banks that number their statements may give a new id at every download, so
 * the id is used only if there is no number. Numbers may start again, so the period and the opening balance are included.
 *
 * If there is no number and the opening and closing booked balances differ, the two balances identify the statement. Only one statement
 * moves the account from the one balance to the other. In BAI2 the sequence number counts the files of one day, and the id contains the
 * day.
 */
export function identifyStatement(start: StatementStart, balances: readonly StatementBalance[]): string {
  const isNumbered =
    start.kind !== 'notification' && start.format !== 'bai2' && /[1-9A-Z]/i.test(start.sequence ?? '');
  const opening = balances.find(({ code }) => code === 'OPBD' || code === 'PRCD' || code === 'ITBD');
  const balanceChange =
    start.kind === 'booked' ? describeBalanceChange(opening, findClosingBalance(balances)) : undefined;
  return computeDigest(
    accountIdFrom(start),
    start.kind,
    isNumbered ? start.sequence : (balanceChange ?? `id ${start.id}`),
    start.from,
    start.to,
    start.page?.number,
    JSON.stringify(opening ? [balanceKey(opening)] : []),
  );
}

/**
 * Returns a digest of the identity and the closing balance, or an empty string without a closing balance. Only a file with the same digest
 * can be another version of the same statement.
 */
export function computeStatementVersion(identity: string, balances: readonly StatementBalance[]): string {
  const closing = findClosingBalance(balances);
  return closing ? computeDigest(identity, JSON.stringify(balanceKey(closing))) : '';
}

function describeBalanceChange(
  opening: StatementBalance | undefined,
  closing: StatementBalance | undefined,
): string | undefined {
  if (!opening?.at || !closing?.at || opening.currency !== closing.currency) return undefined;
  const [before, after] = [balanceKey(opening), balanceKey(closing)];
  const same = before.slice(2).join() === after.slice(2).join();
  return same ? undefined : `to ${JSON.stringify(after)}`;
}

function findClosingBalance(balances: readonly StatementBalance[]): StatementBalance | undefined {
  return balances.findLast(({ code }) => code === 'CLBD');
}

/** Returns a key that does not depend on how the amount is written, e.g. `12.5` or `12.50`. */
function balanceKey({ code, at, creditDebit, amount, currency }: StatementBalance): (string | undefined)[] {
  const plain = amount.replace(/^0+(?=\d)/, '').replace(/\.0*$|(\.\d*?)0+$/, '$1');
  return [code, extractDate(at), creditDebit, plain, currency];
}

/** Describes the entries with which a stored transaction was matched. The fingerprint is stored in the record's metadata as digests. */
export interface EntryFingerprint {
  /** Id of the booked entry of this movement. Empty while the movement is only announced. */
  bookedEntryId: string;
  /** Version of the statement that contains the booked entry. Empty if the statement has no closing balance. */
  statementVersion: string;
  /** Id of the notification entry that announced the movement. */
  notificationEntryId: string;
  facts: FactDigests;
}

export function formatFingerprint({
  bookedEntryId,
  statementVersion,
  notificationEntryId,
  facts,
}: EntryFingerprint): string {
  const { all, reference, shortReference, payment, counterparty, text } = facts;
  return [
    bookedEntryId,
    statementVersion,
    notificationEntryId,
    all,
    reference,
    payment,
    counterparty,
    text,
    // Rows of earlier versions of the plugin have no short reference. A fingerprint without a short reference has the same form as those
    // rows.
    ...(shortReference === '' ? [] : [shortReference]),
  ].join('.');
}

/** @returns `undefined` for a string that `formatFingerprint` does not produce */
export function parseFingerprint(written: string | undefined): EntryFingerprint | undefined {
  const parts = written?.split('.') ?? [];
  if (parts.length !== 8 && parts.length !== 9) return undefined;
  const [bookedEntryId = '', statementVersion = '', notificationEntryId = '', all = '', ...facts] = parts;
  const [reference = '', payment = '', counterparty = '', text = '', shortReference = ''] = facts;
  return {
    bookedEntryId,
    statementVersion,
    notificationEntryId,
    facts: { all, reference, shortReference, payment, counterparty, text },
  };
}
