/** From an entry that has its seat to the transactions that are served. Pure: the same entry gives the same records. */
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

/** A movement, or one detail of it. */
interface Movement {
  id: string;
  /** Positive for money that came in. */
  signed: Money;
  facts: EntryFacts;
  metadata: Metadata;
}

/** @throws RefusedError for an entry that cannot be served without a loss. */
export function checkServable(entry: Entry, statement: CheckedStatement, time: LocalTime): void {
  signedMoney(entry);
  reportedAt(entry, statement, time);
}

/**
 * The transactions that an entry becomes, given what the feed holds of it. What is cancelled comes last, so that the position
 * within a long batch stays the same when the feed holds half of it.
 * @param held the details that the feed holds of this seat, by id
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
    // Announced as one, stated in details: the announcement must not be counted beside them.
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
    // A record keeps the time it was first announced with, because clients take another time for another movement.
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

/** Only what every report says alike: otherwise each of a day's reports would make a new version of every record. */
function announcementMetadata({ statement: { start }, entry }: Item, seat: Placed['seat']): Metadata {
  const until = start.kind === 'interim' && start.to?.includes('T') ? start.to : undefined;
  return {
    [KEY.announcedBy]: entry.status === 'BOOK' || start.kind !== 'booked' ? start.kind : 'booked statement',
    [KEY.interimUntil]: seat.imprint ? seat.metadata[KEY.interimUntil] : until,
  };
}

/**
 * A statement gives as one what was announced in details that add up to it: the details stay, now confirmed. Those that a statement
 * itself had given before stay as they are.
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

/** A detail as the feed holds it: only announced ones come here, and those say their amount and time in metadata. */
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
      // For information only: no money moved on this account.
      return 'OTHER';
    default:
      return status satisfies never;
  }
}

/** When it was booked, or the nearest that the statement says. */
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
