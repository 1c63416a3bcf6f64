/**
 * Lists transactions. Revolut lists by `created_at` only, and changes listed transactions weeks later without a filter for changes. So a listing
 * reads three things, each at a bounded cost:
 * 1. New transactions, and the last hours again, range by range, oldest first.
 * 2. Changeable transactions that are undecided or were reverted. The filter on states makes these few rows. A transaction that was undecided at
 *    the last listing and is missing now was decided: it is read by its time.
 * 3. Every `rereadEveryHours`, all transactions that can still change.
 */
import type { Cursor, Finding, Page, Transaction } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import type { RevolutBusinessClient } from './revolut-business.client.js';
import type { RevolutBusinessSettings } from './revolut-business.config.js';
import { readTransactionsPlace, writePlace } from './revolut-business.cursor.js';
import type { TransactionsPlace } from './revolut-business.cursor.js';
import { createdAt, oldestOf, readAll, readTransactions, Rows, textOf } from './revolut-business.listing.js';
import type { Span, SpanRows } from './revolut-business.listing.js';
import { isOpen, toTransactions } from './revolut-business.rows.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Milliseconds that are read again. Rows can appear late, and Revolut's clock can differ from the gateway's clock. */
const RECENT = 2 * HOUR;
const CLOCKS_APART = 60_000;
const FIRST_SPAN = 30 * DAY;
/** Number of pages kept in memory. They must be read within the page timeout even when each request waits for the rate limit. */
const MOST_PAGES = 4;
const LEAST_ROWS = 100;
/** Target share of the maximum number of rows. A range with more rows than the maximum is discarded, and a shorter range is read. */
const MEANT_FILL = 0.85;
/** Maximum number of times in a cursor. When there are more, the complete reading covers the older ones. */
const MOST_OPEN = 1_000;
/** Maximum number of pages of decided transactions in one listing. The remaining ones wait for the next listing. */
const MOST_DECIDED_PAGES = 20;
const WATCHED_STATES = ['created', 'pending', 'reverted'];

interface Listing {
  place: TransactionsPlace;
  /** Time at which the listing began. */
  now: number;
  /** Transactions created from this time on can still change. */
  changeable: number;
}

export async function* listTransactions(
  client: RevolutBusinessClient,
  settings: RevolutBusinessSettings,
  now: number,
  since: Cursor | undefined,
): AsyncGenerator<Page<Transaction>> {
  const listing: Listing = {
    now,
    changeable: now - settings.changesWithinDays * DAY,
    place: since === undefined ? beginning(settings, now) : readTransactionsPlace(since),
  };
  const reader = new TransactionReader(client, settings.pageSize);
  const recent = listing.place.at - RECENT;
  if (since === undefined) {
    yield* walk(reader, listing, listing.place.at);
  } else if (now - listing.place.reread >= settings.rereadEveryHours * HOUR) {
    listing.place = { ...listing.place, reread: now };
    yield* walk(reader, listing, Math.min(recent, listing.changeable));
  } else {
    const { rows, place } = await reader.changes(listing, Math.max(recent, listing.changeable));
    if (rows.length > 0) yield pageOf(rows, place);
    yield* walk(reader, { ...listing, place }, recent);
  }
}

function beginning({ since }: RevolutBusinessSettings, now: number): TransactionsPlace {
  return { at: Math.min(Date.parse(since), now), span: FIRST_SPAN, reread: now, open: [] };
}

/** Reads range by range, from `from` to now. */
async function* walk(
  reader: TransactionReader,
  { place, now, changeable }: Listing,
  from: number,
): AsyncGenerator<Page<Transaction>> {
  const end = now + CLOCKS_APART;
  const open = place.open.filter((time) => time >= changeable && time < from);
  let { span } = place;
  for (let at = from; at < end;) {
    const to = Math.min(at + span, end);
    const read = await reader.read({ from: at, to });
    if (read.from > at) {
      span = Math.max(1, Math.floor(((to - read.from) * 3) / 4));
      continue;
    }
    open.push(...openTimes(read.rows).filter((time) => time >= changeable));
    const notRead = place.open.filter((time) => time >= to);
    // A range that ends at the present says nothing about the right length of a range.
    const grown = nextSpan(to - at, read.rows.length / reader.mostRows);
    span = to === end ? Math.max(span, grown) : grown;
    const next = { ...place, at: Math.min(to, now), span, open: kept([...open, ...notRead]) };
    // The cursor of an account without new rows moves at most once an hour, because each move is a database transaction.
    const isWorthIt = to === end && (next.at - place.at >= HOUR || place.reread === now);
    if (read.rows.length > 0 || isWorthIt) {
      yield { ...pageOf(read.rows, next, read.findings), progress: progressOf(from, to, end) };
    }
    at = to;
  }
}

/**
 * Returns the length of the next range.
 * @param fill rows of the last range, as a share of the maximum
 */
function nextSpan(span: number, fill: number): number {
  const factor = fill === 0 ? 4 : Math.min(4, Math.max(0.25, MEANT_FILL / fill));
  return Math.max(1, Math.floor(span * factor));
}

function pageOf(
  rows: readonly Json[],
  place: TransactionsPlace,
  findings: Finding[] = [],
): Page<Transaction> {
  return {
    items: rows.flatMap((row) => readAll(row, toTransactions)),
    cursor: writePlace(place),
    findings,
  };
}

function progressOf(from: number, to: number, end: number) {
  return { done: Math.floor((to - from) / DAY), total: Math.floor((end - from) / DAY), unit: 'days' };
}

class TransactionReader {
  readonly mostRows: number;

  constructor(
    private readonly client: RevolutBusinessClient,
    private readonly pageSize: number,
  ) {
    this.mostRows = Math.max(MOST_PAGES * pageSize, LEAST_ROWS);
  }

  read(span: Span, states?: readonly string[]): Promise<SpanRows> {
    return readTransactions(this.client, span, {
      pageSize: this.pageSize,
      mostPages: Math.ceil(this.mostRows / this.pageSize),
      ...(states === undefined ? {} : { states }),
    });
  }

  /** Returns the changed transactions among those that can change, up to `to`. */
  async changes(
    { place, changeable }: Listing,
    to: number,
  ): Promise<{ rows: Json[]; place: TransactionsPlace }> {
    const watched = await this.read({ from: changeable, to }, WATCHED_STATES);
    // There are too many. The complete reading covers them.
    if (watched.from > changeable && watched.rows.length > 0) return { rows: [], place };
    const open = openTimes(watched.rows);
    const before = place.open.filter((time) => time >= changeable && time < to);
    const decided = await this.decided(missing(before, open));
    const later = place.open.filter((time) => time >= to);
    return {
      rows: [...watched.rows, ...decided.rows],
      place: { ...place, open: kept([...open, ...decided.left, ...later]) },
    };
  }

  /** Returns the transactions created at these times, ascending. Times that are close to each other share a page. */
  private async decided(times: readonly number[]): Promise<{ rows: Json[]; left: number[] }> {
    const wanted = new Set(times);
    const left = [...wanted];
    const rows = new Rows();
    for (let request = 1; request <= MOST_DECIDED_PAGES && left.length > 0; request += 1) {
      const [oldest = 0] = left;
      const newest = left.at(-1) ?? oldest;
      const span = { from: oldest, to: newest + 1 };
      const listed = await this.client.transactions({ ...span, count: this.pageSize });
      rows.add(listed.filter((row) => wanted.has(createdAt(row) ?? -1)));
      const reached = listed.length < this.pageSize ? -1 : oldestOf(listed);
      // The complete reading covers a moment that fills a page.
      if (reached === newest) left.pop();
      while ((left.at(-1) ?? -1) > reached) left.pop();
    }
    return { rows: rows.oldestFirst(), left };
  }
}

/** Returns the times of the undecided rows, ascending as the rows are. */
function openTimes(rows: readonly Json[]): number[] {
  return rows.filter((row) => isOpen(textOf(row, 'state') ?? '')).flatMap((row) => createdAt(row) ?? []);
}

/** Returns the times that occur less often than before. */
function missing(before: readonly number[], now: readonly number[]): number[] {
  const counts = new Map<number, number>();
  for (const time of now) counts.set(time, (counts.get(time) ?? 0) + 1);
  return before.filter((time) => {
    const count = counts.get(time) ?? 0;
    counts.set(time, count - 1);
    return count <= 0;
  });
}

function kept(open: readonly number[]): number[] {
  return open.toSorted((a, b) => a - b).slice(-MOST_OPEN);
}
