/**
 * Identifies movements and statements. Banks give a movement no id that is the same in every report. Therefore movements are grouped by
 * account, amount, currency and day (the *group*). The id of a transaction consists of the key of its group and its number in the group.
 *
 * Other facts distinguish the movements within a group. Digests of these facts are stored in the record's metadata (the *fingerprint*), so
 * that entries of later statements can be matched. Reasons: docs/decisions/0003-identity-of-statement-entries.md.
 */
import { hash } from 'node:crypto';
import { extractDate } from '../statements/local-time-parser.js';
import type { Entry, StatementBalance, StatementStart } from '../statements/statement.types.js';
import { computeDigest } from './digest.js';
import type { FactDigests } from './fact-digests.js';

/**
 * Returns the account's id. It is the IBAN, or else the bank's account number together with the bank's code, because account numbers are
 * unique only within a bank.
 */
export function createAccountId({ account }: Pick<StatementStart, 'account'>): string {
  const { id, isIban, servicer } = account;
  // The bank's code is not added if the account number already begins with it, as in `:25:37040044/532013000`.
  return isIban || !servicer || id.startsWith(servicer) ? id : `${servicer}.${id}`;
}

/** The kind of a group and its day. */
export type GroupCriterion = readonly [kind: 'booked' | 'value' | 'pending' | 'information', day?: string];
export type GroupCriteria = readonly [GroupCriterion, ...GroupCriterion[]];

/**
 * Returns the groups in which the movement of an entry may be found. A new movement is added to the first group of the result.
 * - `booked`: by booking day
 * - `value`: by value day, if the entry has no booking day (optional in MT942)
 * - `pending`: for entries that have no final day yet
 * @param reported the time of the statement. A pending entry without a day may be booked on that day
 */
export function listGroupCriteria(entry: Entry, reported?: string): GroupCriteria {
  const { status, bookedAt, valueAt } = entry;
  const { criteria, of } = lastCriteria;
  if (
    criteria &&
    of.status === status &&
    of.bookedAt === bookedAt &&
    of.valueAt === valueAt &&
    lastCriteria.reported === reported
  )
    return criteria;
  const created = createGroupCriteria(entry, reported);
  lastCriteria = { of: { status, bookedAt, valueAt }, reported, criteria: created };
  return created;
}

/** The last result of `listGroupCriteria`. It is kept, because consecutive entries usually have the same days. */
let lastCriteria: {
  of: Partial<Pick<Entry, 'status' | 'bookedAt' | 'valueAt'>>;
  reported?: string | undefined;
  criteria?: GroupCriteria;
} = { of: {} };

function createGroupCriteria(entry: Entry, reported?: string): GroupCriteria {
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
 * Returns a digest that identifies the statement in every file. If the bank numbers its statements, the number is used and the id is not,
 * because the bank may give a new id at every download. Numbers may start again, so the period and the opening balance are included.
 *
 * If there is no number, the opening and closing booked balances identify the statement, provided that they differ. Only one statement
 * moves the account from the first balance to the second. In BAI2, the id is used, because it contains the day. Its sequence number only
 * counts the files of one day.
 */
export function identifyStatement(start: StatementStart, balances: readonly StatementBalance[]): string {
  // The statement of a day in a CSV export may contain only a part of the day, so its balances do not identify it.
  if (start.format === 'csv') return computeDigest(createAccountId(start), 'csv', start.id);
  const isNumbered =
    start.kind !== 'notification' && start.format !== 'bai2' && /[1-9A-Z]/i.test(start.sequence ?? '');
  const opening = balances.find(({ code }) => code === 'OPBD' || code === 'PRCD' || code === 'ITBD');
  const balanceChange =
    start.kind === 'booked' ? describeBalanceChange(opening, findClosingBalance(balances)) : undefined;
  return computeDigest(
    createAccountId(start),
    start.kind,
    isNumbered ? start.sequence : (balanceChange ?? `id ${start.id}`),
    start.from,
    start.to,
    start.page?.number,
    JSON.stringify(opening ? [balanceKey(opening)] : []),
  );
}

/**
 * Returns a digest of the identity and the closing balance, or an empty string if there is no closing balance. Only statements with the
 * same digest can be versions of the same statement.
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

/** Returns a key of a balance that does not depend on how the amount is written, e.g. as `12.5` or `12.50`. */
function balanceKey({ code, at, creditDebit, amount, currency }: StatementBalance): (string | undefined)[] {
  const plain = amount.replace(/^0+(?=\d)/, '').replace(/\.0*$|(\.\d*?)0+$/, '$1');
  return [code, extractDate(at), creditDebit, plain, currency];
}

/** Describes the entries that were matched with a stored transaction. The fingerprint is stored in the record's metadata as digests. */
export interface EntryFingerprint {
  /** The id of the booked entry of this movement. It is empty until a booked statement contains the movement. */
  bookedEntryId: string;
  /** The version of the statement that contains the booked entry. It is empty if the statement has no closing balance. */
  statementVersion: string;
  /** The id of the notification entry that reported the movement in advance. */
  notificationEntryId: string;
  facts: FactDigests;
  /**
   * A digest of the bank's reference in the report that announced the booked movement. It is empty if no report with a reference was read
   * before the statement, and none with another reference after it. The reference of a pending entry is in `pendingReference`.
   */
  announcedReference: string;
  /**
   * A digest of the bank's reference in the pending entry that was the first report of the movement. Banks give the booking another
   * reference, and a notification may have a third one. The digest is empty if the movement was not pending or the entry had no reference.
   */
  pendingReference: string;
}

export function formatFingerprint({
  bookedEntryId,
  statementVersion,
  notificationEntryId,
  facts,
  announcedReference,
  pendingReference,
}: EntryFingerprint): string {
  const { all, reference, shortReference, payment, counterparty, text } = facts;
  // A fingerprint without these digests has the same form as in rows that earlier versions of the plugin wrote.
  const others = `${shortReference}.${announcedReference}.${pendingReference}`;
  const written = `${bookedEntryId}.${statementVersion}.${notificationEntryId}.${all}.${reference}.${payment}.${counterparty}.${text}`;
  return others === '..' ? written : `${written}.${others.replace(/\.+$/, '')}`;
}

/**
 * Parses a fingerprint.
 * @returns `undefined` for a string that `formatFingerprint` does not produce
 */
export function parseFingerprint(written: string | undefined): EntryFingerprint | undefined {
  const parts = written?.split('.') ?? [];
  if (parts.length < 8 || parts.length > 11) return undefined;
  const [bookedEntryId = '', statementVersion = '', notificationEntryId = '', all = '', ...facts] = parts;
  const [reference = '', payment = '', counterparty = '', text = '', ...others] = facts;
  const [shortReference = '', announcedReference = '', pendingReference = ''] = others;
  return {
    bookedEntryId,
    statementVersion,
    notificationEntryId,
    facts: { all, reference, shortReference, payment, counterparty, text },
    announcedReference,
    pendingReference,
  };
}
