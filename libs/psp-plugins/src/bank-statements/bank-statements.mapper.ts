/**
 * Converts a statement entry that was assigned to a movement into transactions. The functions are pure: the same input results in the same
 * records.
 */
import { InvalidRecordError, encodeId, formatAmount, parseMoney } from '@tributary/connector-api';
import type {
  Metadata,
  StoredRecord,
  Money,
  Transaction,
  TransactionStatus,
  TransactionType,
} from '@tributary/connector-api';
import { isBankCharge } from './mapping/is-bank-charge.js';
import { createCounterpartyId } from './mapping/counterparty.js';
import { mergeOnlyDetail, mergeFacts } from './statements/merge-entry-detail.js';
import { formatFingerprint } from './identity/entry-identity.js';
import type { ItemToMatch } from './matching/matching-input.js';
import type { LocalTimeParser } from './statements/local-time-parser.js';
import type { EntryMatch } from './matching/entry-matcher.js';
import { METADATA_KEYS } from './mapping/metadata-keys.js';
import { addMissingFacts, readStoredFacts } from './mapping/read-stored-facts.js';
import {
  addChargesMetadata,
  addEntryMetadata,
  addFactsMetadata,
  addMetadata,
} from './mapping/entry-metadata.js';
import type { MutableMetadata } from './mapping/entry-metadata.js';
import { addReconciliationMetadata } from './mapping/reconciliation-metadata.js';
import { toSignedMoney } from './statements/to-signed-money.js';
import { extractDate } from './statements/local-time-parser.js';
import { findClosingBalance } from './checking/statement-check.js';
import { splitBatch } from './statements/split-batch.js';
import type { CheckedStatement } from './checking/statement-check.js';
import type { CreditDebit, Entry, EntryDetail, EntryFacts } from './statements/statement.types.js';

/** The part of a movement that becomes one transaction: the whole movement, or one of its transaction details. */
interface MovementPart {
  id: string;
  /** The amount with its sign, positive for a credit. */
  signedAmount: Money;
  facts: EntryFacts;
  /** The metadata of a transaction detail. */
  batch?: Metadata;
}

/** The last time that the gateway can serve. */
const MAX_TIME_MS = Date.UTC(9999, 11, 31);

/**
 * Rejects an entry that the gateway would reject later. Entries with the same identity are numbered. If an invalid entry got a number, its
 * later rejection would leave a gap in the numbers. Another entry would then get the number of a stored movement.
 * @throws InvalidRecordError for an entry that cannot be served without loss of information
 */
export function assertEntryServable(entry: Entry, statement: CheckedStatement, time: LocalTimeParser): void {
  const { ambiguity } = entry;
  if (ambiguity !== undefined) throw new InvalidRecordError(ambiguity);
  if (statement.currencyConflict !== undefined) {
    throw new InvalidRecordError(`its currency is unknown: ${statement.currencyConflict}`);
  }
  assertAccountServable(statement);
  toSignedMoney(entry);
  bookingTime(entry, statement, time);
}

/** The statements whose account id is valid. They are remembered, so that the id is checked once and not for each entry. */
const servableStatements = new WeakSet<CheckedStatement>();

function assertAccountServable(statement: CheckedStatement): void {
  if (servableStatements.has(statement)) return;
  encodeId(statement.accountId);
  servableStatements.add(statement);
}

/**
 * Converts an entry to transactions. The result depends on the transaction details that the feed already contains. Cancelled transactions
 * come last. Positions within a long batch therefore stay the same if the feed contains only the first part of the batch.
 * @param stored the stored details of this movement, by id
 */
export function toTransactions(
  { item, movement, isIdentified }: EntryMatch,
  stored: ReadonlyMap<string, StoredRecord>,
  time: LocalTimeParser,
): Transaction[] {
  const split = splitBatch(item.entry);
  if (movement.detailCount > 0 && !split) return item.isFinal ? confirmDetails(item, movement, stored) : [];
  const known = isIdentified && !split ? readStoredFacts(movement.metadata) : undefined;
  const parts = split
    ? split.map((detail, n) => toDetailPart(item, `${movement.id}.${n}`, detail, split.length))
    : [toWholePart(item, movement.id, known)];
  const records = parts.map((part) => toTransaction(item, movement, part, time));
  if (split && movement.wholeStatus !== undefined && movement.wholeStatus !== 'CANCELLED') {
    // The entry was first reported as one transaction, and this file contains its details. The first transaction is cancelled, because
    // otherwise the money would be counted twice.
    const whole = toTransaction(item, movement, toWholePart(item, movement.id), time);
    records.push({ ...whole, status: 'CANCELLED' });
  }
  if (stored.size === 0) return records;
  const obsolete = [...stored]
    .slice(parts.length)
    .filter(
      ([, { status, metadata }]) => status !== 'CANCELLED' && metadata[METADATA_KEYS.amount] !== undefined,
    );
  return [...records, ...obsolete.map(([id, record]) => toDetailTransaction(item, id, record, 'CANCELLED'))];
}

/**
 * Returns the part for a movement that is one transaction.
 * @param known the facts of an earlier report. They are kept if this report does not contain them
 */
function toWholePart({ entry }: ItemToMatch, id: string, known?: EntryFacts): MovementPart {
  const ownFacts = mergeOnlyDetail(entry);
  const facts = known ? addMissingFacts(ownFacts, known) : ownFacts;
  return { id, signedAmount: toSignedMoney(entry), facts };
}

function toDetailPart(
  { entry }: ItemToMatch,
  id: string,
  detail: EntryDetail & { signed: Money },
  count: number,
): MovementPart {
  const facts = mergeFacts({ ...entry, counterparty: undefined, remittance: undefined }, detail);
  return {
    id,
    signedAmount: detail.signed,
    facts,
    batch: {
      [METADATA_KEYS.batchCount]: String(count),
      [METADATA_KEYS.batchAmount]: formatMoney(toSignedMoney(entry)),
      [METADATA_KEYS.batchReference]: entry.bankReference ?? entry.references.paymentInformationId,
    },
  };
}

function toTransaction(
  item: ItemToMatch,
  movement: EntryMatch['movement'],
  part: MovementPart,
  time: LocalTimeParser,
): Transaction {
  const { entry, statement, isFinal } = item;
  const { id, signedAmount, facts } = part;
  const direction: CreditDebit =
    signedAmount.amount < 0n || (signedAmount.amount === 0n && entry.creditDebit === 'DBIT')
      ? 'DBIT'
      : 'CRDT';
  const counterparty = createCounterpartyId(facts.counterparty);
  const bookedAt = bookingTime(entry, statement, time);
  const announcedAt = movement.metadata[METADATA_KEYS.createdAt];
  const metadata: MutableMetadata = {};
  addEntryMetadata(metadata, entry, facts);
  addFactsMetadata(metadata, facts);
  addReconciliationMetadata(metadata, entry, facts, direction);
  addChargesMetadata(metadata, facts);
  if (part.batch) Object.assign(metadata, part.batch);
  if (isFinal) addStatementMetadata(metadata, item);
  else {
    addAnnouncementMetadata(metadata, item, movement);
    metadata[METADATA_KEYS.amount] = formatMoney(signedAmount);
    addMetadata(metadata, METADATA_KEYS.counterpartyAccount, counterparty);
  }
  addMetadata(metadata, METADATA_KEYS.createdAt, announcedAt ?? (isFinal ? undefined : bookedAt));
  addMatchingMetadata(metadata, item, movement);
  return {
    id,
    // The time of the first report is kept, because clients treat a different time as a different movement.
    createdAt: announcedAt ?? bookedAt,
    type: transactionType(direction, facts, entry),
    status: transactionStatus(entry),
    amount: {
      ...signedAmount,
      amount: signedAmount.amount < 0n ? -signedAmount.amount : signedAmount.amount,
    },
    sourceAccountId: direction === 'DBIT' ? statement.accountId : counterparty,
    destinationAccountId: direction === 'DBIT' ? counterparty : statement.accountId,
    metadata,
  };
}

function addMatchingMetadata(
  metadata: MutableMetadata,
  item: ItemToMatch,
  movement: EntryMatch['movement'],
): void {
  const { statement, isFinal } = item;
  metadata[METADATA_KEYS.fingerprint] = formatFingerprint({
    bookedEntryId: isFinal ? item.entryId : '',
    statementVersion: isFinal ? statement.version : '',
    notificationEntryId:
      movement.fingerprint?.notificationEntryId ??
      (statement.start.kind === 'notification' ? item.entryId : ''),
    facts:
      isFinal && movement.fingerprint?.bookedEntryId === item.entryId
        ? movement.fingerprint.facts
        : item.facts,
    announcedReference: movement.fingerprint?.announcedReference ?? '',
    pendingReference: movement.fingerprint?.pendingReference ?? '',
  });
}

function addStatementMetadata(metadata: MutableMetadata, { statement }: ItemToMatch): void {
  const { start } = statement;
  metadata[METADATA_KEYS.statement] = start.sequence ?? start.id;
  addMetadata(metadata, METADATA_KEYS.statementBreak, statement.imbalance);
}

/**
 * Adds the metadata whose values are equal in all reports of a day. With any other value, each report would create a new version of each
 * record.
 */
function addAnnouncementMetadata(
  metadata: MutableMetadata,
  { statement: { start }, entry }: ItemToMatch,
  movement: EntryMatch['movement'],
): void {
  const until = start.kind === 'interim' && start.to?.includes('T') ? start.to : undefined;
  metadata[METADATA_KEYS.announcedBy] =
    entry.status === 'BOOK' || start.kind !== 'booked' ? start.kind : 'booked statement';
  addMetadata(
    metadata,
    METADATA_KEYS.interimUntil,
    movement.fingerprint ? movement.metadata[METADATA_KEYS.interimUntil] : until,
  );
}

/**
 * Confirms transaction details that were reported in advance, if the final statement contains the same amount as a single entry. The
 * details stay and become final. Details from an earlier version of the statement stay unchanged.
 */
function confirmDetails(
  item: ItemToMatch,
  { fingerprint }: EntryMatch['movement'],
  stored: ReadonlyMap<string, StoredRecord>,
): Transaction[] {
  const bookedFingerprint = formatFingerprint({
    bookedEntryId: item.entryId,
    statementVersion: item.statement.version,
    notificationEntryId: fingerprint?.notificationEntryId ?? '',
    facts: item.facts,
    announcedReference: fingerprint?.announcedReference ?? '',
    pendingReference: fingerprint?.pendingReference ?? '',
  });
  return [...stored]
    .filter(
      ([, { status, metadata }]) => status !== 'CANCELLED' && metadata[METADATA_KEYS.amount] !== undefined,
    )
    .map(([id, record]) => {
      const metadata: Record<string, string> = { ...record.metadata };
      delete metadata[METADATA_KEYS.statementBreak];
      addStatementMetadata(metadata, item);
      metadata[METADATA_KEYS.fingerprint] = bookedFingerprint;
      return toDetailTransaction(item, id, { ...record, metadata }, 'SUCCEEDED');
    });
}

/**
 * Rebuilds the transaction of a stored detail. It can be rebuilt only if the detail was reported in advance, because its metadata then
 * contains the amount and the time.
 */
function toDetailTransaction(
  { entry, statement }: ItemToMatch,
  id: string,
  { metadata }: StoredRecord,
  status: TransactionStatus,
): Transaction {
  const [decimal = '', currency = ''] = (metadata[METADATA_KEYS.amount] ?? '').split(' ');
  const { amount, asset } = parseMoney(decimal, currency);
  const incoming = amount === 0n ? entry.creditDebit === 'CRDT' : amount > 0n;
  const other = metadata[METADATA_KEYS.counterpartyAccount];
  return {
    id,
    createdAt: metadata[METADATA_KEYS.createdAt] ?? '',
    type: incoming ? 'PAYIN' : 'PAYOUT',
    status,
    amount: { amount: amount < 0n ? -amount : amount, asset },
    sourceAccountId: incoming ? other : statement.accountId,
    destinationAccountId: incoming ? statement.accountId : other,
    metadata,
  };
}

function transactionType(direction: CreditDebit, facts: EntryFacts, entry: Entry): TransactionType {
  if (entry.status === 'INFO' || isBankCharge(facts)) return 'OTHER';
  return direction === 'CRDT' ? 'PAYIN' : 'PAYOUT';
}

function transactionStatus({ status }: Entry): TransactionStatus {
  switch (status) {
    case 'BOOK':
      return 'SUCCEEDED';
    case 'PDNG':
    case 'FUTR':
      return 'PENDING';
    case 'INFO':
      // INFO entries are for information only: no money moved on this account.
      return 'OTHER';
    default:
      return status satisfies never;
  }
}

/**
 * Returns the booking time of an entry, or else the nearest other time in the entry or the statement. If the value date is after the day of
 * the closing balance, this day is returned, because the closing balance includes the entry.
 * @throws InvalidRecordError if there is no time between 1970 and 9999
 */
function bookingTime(entry: Entry, statement: CheckedStatement, time: LocalTimeParser): string {
  const { start, balances } = statement;
  const dateOrTime =
    entry.bookedAt ??
    limitToClosingDay(entry.valueAt, statement) ??
    start.createdAt ??
    start.to ??
    start.from ??
    balances.at(-1)?.at;
  const moment = dateOrTime === undefined ? undefined : time.toEpochMs(dateOrTime);
  if (moment === undefined || moment < 0 || moment > MAX_TIME_MS) {
    throw new InvalidRecordError(
      `${entry.position}: neither the entry nor its statement says a day between 1970 and 9999`,
    );
  }
  return time.formatEpochMs(moment);
}

function limitToClosingDay(
  dateOrTime: string | undefined,
  { start, balances }: CheckedStatement,
): string | undefined {
  if (start.kind !== 'booked' || dateOrTime === undefined) return dateOrTime;
  const closingDay = extractDate(findClosingBalance(balances)?.at ?? start.to);
  const day = extractDate(dateOrTime);
  return closingDay !== undefined && day !== undefined && day > closingDay ? closingDay : dateOrTime;
}

function formatMoney(value: Money): string {
  return `${formatAmount(value)} ${value.asset.split('/')[0]}`;
}
