/** Maps a matched entry to transactions. No side effects: the same input gives the same records. */
import { RefusedError, formatAmount, formatTime, money } from '@tributary/connector-api';
import type {
  Metadata,
  MirroredRecord,
  Money,
  Transaction,
  TransactionStatus,
  TransactionType,
} from '@tributary/connector-api';
import { isBankCharge } from './bank-charges.js';
import { counterpartyId } from './counterparty.js';
import { factsOfWhole, mergeFacts } from './facts.js';
import { formatImprint } from './identity.js';
import type { Item } from './item.js';
import type { LocalTime } from './local-time.js';
import type { Placed } from './matching.js';
import { KEY } from './metadata-keys.js';
import { chargesMetadata, entryMetadata, factsMetadata } from './metadata.js';
import { signedMoney } from './signed-money.js';
import { splitBatch } from './split-batch.js';
import type { CheckedStatement } from './statement-check.js';
import type { CreditDebit, Entry, EntryDetail, EntryFacts } from './statement.js';

/** A movement, or one transaction detail of it. */
interface Movement {
  id: string;
  /** Positive for a credit. */
  signed: Money;
  facts: EntryFacts;
  metadata: Metadata;
}

/** @throws InvalidRecordError for an entry that cannot be served without loss of information */
export function checkServable(entry: Entry, statement: CheckedStatement, time: LocalTime): void {
  signedMoney(entry);
  reportedAt(entry, statement, time);
}

/**
 * Maps an entry to transactions, with regard to the details that the feed already stores. Cancelled
 * transactions come last. So a position within a long batch stays valid when the feed has only the first part
 * of the batch.
 * @param stored stored details of this movement, by id
 */
export function toTransactions(
  { item, seat }: Placed,
  held: ReadonlyMap<string, MirroredRecord>,
  time: LocalTime,
): Transaction[] {
  const split = splitBatch(item.entry);
  if (seat.details > 0 && !split) return item.settled ? confirmDetails(item, seat, held) : [];
  const movements = split
    ? split.map((detail, n) => detailMovement(item, `${seat.id}.${n}`, detail, split.length))
    : [wholeMovement(item, seat.id)];
  const records = movements.map((movement) => toTransaction(item, seat, movement, time));
  if (split && seat.whole !== undefined && seat.whole !== 'CANCELLED') {
    // The entry was announced as one transaction and is now given in details. Cancel the announced one,
    // otherwise it would be counted twice.
    const whole = toTransaction(item, seat, wholeMovement(item, seat.id), time);
    records.push({ ...whole, status: 'CANCELLED' });
  }
  const left = [...held]
    .slice(movements.length)
    .filter(([, { status, metadata }]) => status !== 'CANCELLED' && metadata[KEY.amount] !== undefined);
  return [...records, ...left.map(([id, record]) => heldDetail(item, id, record, 'CANCELLED'))];
}

function wholeMovement({ entry }: Item, id: string): Movement {
  const facts = factsOfWhole(entry);
  return { id, signed: signedMoney(entry), facts, metadata: chargesMetadata(facts) };
}

function detailMovement(
  { entry }: Item,
  id: string,
  detail: EntryDetail & { signed: Money },
  count: number,
): Movement {
  const facts = mergeFacts({ ...entry, counterparty: undefined, remittance: undefined }, detail);
  return {
    id,
    signed: detail.signed,
    facts,
    metadata: {
      ...chargesMetadata(facts),
      [KEY.batchCount]: String(count),
      [KEY.batchAmount]: describeMoney(signedMoney(entry)),
      [KEY.batchReference]: entry.bankReference ?? entry.references.paymentInformationId,
    },
  };
}

function toTransaction(item: Item, seat: Placed['seat'], movement: Movement, time: LocalTime): Transaction {
  const { entry, statement, settled } = item;
  const { id, signed, facts } = movement;
  const direction: CreditDebit =
    signed.amount < 0n || (signed.amount === 0n && entry.creditDebit === 'DBIT') ? 'DBIT' : 'CRDT';
  const other = counterpartyId(facts.counterparty);
  const reported = reportedAt(entry, statement, time);
  const announced = seat.metadata[KEY.createdAt];
  return {
    id,
    // Keep the time of the first announcement: clients treat a different time as a different movement.
    createdAt: announced ?? reported,
    type: typeOf(direction, facts, entry),
    status: statusOf(entry),
    amount: { ...signed, amount: signed.amount < 0n ? -signed.amount : signed.amount },
    sourceAccountId: direction === 'DBIT' ? statement.accountId : other,
    destinationAccountId: direction === 'DBIT' ? other : statement.accountId,
    metadata: {
      ...entryMetadata(entry, facts),
      ...factsMetadata(facts),
      ...movement.metadata,
      ...(settled ? statementMetadata(item) : announcementMetadata(item, seat)),
      [KEY.createdAt]: announced ?? (settled ? undefined : reported),
      [KEY.amount]: settled ? undefined : describeMoney(signed),
      [KEY.counterpartyAccount]: settled ? undefined : other,
      [KEY.imprint]: formatImprint({
        claim: settled ? item.token : '',
        version: settled ? statement.version : '',
        notice: seat.imprint?.notice ?? (statement.start.kind === 'notification' ? item.token : ''),
        facts: item.facts,
      }),
    },
  };
}

function statementMetadata({ statement }: Item): Metadata {
  const { start } = statement;
  return {
    [KEY.statement]: start.sequence ?? start.id,
    [KEY.statementBreak]: statement.break,
  };
}

/**
 * Returns only values that are equal in all reports. Other values would create a new version of every record
 * with each report of the day.
 */
function announcementMetadata({ statement: { start }, entry }: Item, seat: Placed['seat']): Metadata {
  const until = start.kind === 'interim' && start.to?.includes('T') ? start.to : undefined;
  return {
    [KEY.announcedBy]: entry.status === 'BOOK' || start.kind !== 'booked' ? start.kind : 'booked statement',
    [KEY.interimUntil]: seat.imprint ? seat.metadata[KEY.interimUntil] : until,
  };
}

/**
 * Confirms announced details when the statement has the same amount as a single entry. The details stay and
 * become final. Details that an earlier version of the statement has given stay unchanged.
 */
function confirmDetails(
  item: Item,
  { imprint }: Placed['seat'],
  held: ReadonlyMap<string, MirroredRecord>,
): Transaction[] {
  const claimed = formatImprint({
    claim: item.token,
    version: item.statement.version,
    notice: imprint?.notice ?? '',
    facts: item.facts,
  });
  return [...held]
    .filter(([, { status, metadata }]) => status !== 'CANCELLED' && metadata[KEY.amount] !== undefined)
    .map(([id, record]) => {
      const metadata = { ...record.metadata, ...statementMetadata(item), [KEY.imprint]: claimed };
      return heldDetail(item, id, { ...record, metadata }, 'SUCCEEDED');
    });
}

/**
 * Rebuilds the transaction of a stored detail. Only announced details are passed in; their metadata contains
 * amount and time.
 */
function heldDetail(
  { entry, statement }: Item,
  id: string,
  { metadata }: MirroredRecord,
  status: TransactionStatus,
): Transaction {
  const [decimal = '', currency = ''] = (metadata[KEY.amount] ?? '').split(' ');
  const { amount, asset } = money(decimal, currency);
  const incoming = amount === 0n ? entry.creditDebit === 'CRDT' : amount > 0n;
  const other = metadata[KEY.counterpartyAccount];
  return {
    id,
    createdAt: metadata[KEY.createdAt] ?? '',
    type: incoming ? 'PAYIN' : 'PAYOUT',
    status,
    amount: { amount: amount < 0n ? -amount : amount, asset },
    sourceAccountId: incoming ? other : statement.accountId,
    destinationAccountId: incoming ? statement.accountId : other,
    metadata,
  };
}

function typeOf(direction: CreditDebit, facts: EntryFacts, entry: Entry): TransactionType {
  if (entry.status === 'INFO' || isBankCharge(facts)) return 'OTHER';
  return direction === 'CRDT' ? 'PAYIN' : 'PAYOUT';
}

function statusOf({ status }: Entry): TransactionStatus {
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
 * Returns the booking time, or the nearest other time in the entry or statement.
 * @throws InvalidRecordError when there is no time after 1970
 */
function reportedAt(entry: Entry, { start, balances }: CheckedStatement, time: LocalTime): string {
  const said =
    entry.bookedAt ?? entry.valueAt ?? start.createdAt ?? start.to ?? start.from ?? balances.at(-1)?.at;
  const moment = said === undefined ? undefined : time.moment(said);
  if (moment === undefined || moment < 0) {
    throw new RefusedError(`${entry.position}: neither the entry nor its statement says a day after 1970`);
  }
  return formatTime(moment);
}

function describeMoney(value: Money): string {
  return `${formatAmount(value)} ${value.asset.split('/')[0]}`;
}
