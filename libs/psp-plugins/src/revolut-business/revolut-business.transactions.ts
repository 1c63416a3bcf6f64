/**
 * Lists transactions. Revolut lists by `created_at` only, and changes listed transactions weeks later without a filter for changes. So a listing
 * reads three things, each at a bounded cost:
 * 1. New transactions, and the last hours again, range by range, oldest first.
 * 2. Changeable transactions that are undecided or were reverted. The filter on states makes these few rows. A transaction that was undecided at
 *    the last listing and is missing now was decided: it is read by its time.
 * 3. Every `rereadEveryHours`, all transactions that can still change.
 */
import type { Cursor, DataWarning, Page, Transaction } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import type { RevolutBusinessClient } from './revolut-business.client.js';
import type { RevolutBusinessSettings } from './revolut-business.config.js';
import { parseTransactionsCursor, serializeCursor } from './revolut-business.cursor.js';
import type { TransactionsCursor } from './revolut-business.cursor.js';
import {
  getCreatedAt,
  getOldestTime,
  parseRowItems,
  readTransactionsInRange,
  UniqueRows,
  getStringOrUndefined,
} from './revolut-business.listing.js';
import type { TimeRange, TimeRangeRows } from './revolut-business.listing.js';
import { isUndecided, toTransactions } from './revolut-business.rows.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Milliseconds that are read again. Rows can appear late, and Revolut's clock can differ from the gateway's clock. */
const REREAD_OVERLAP_MS = 2 * HOUR_MS;
const MAX_CLOCK_SKEW_MS = 60_000;
const INITIAL_RANGE_MS = 30 * DAY_MS;
/** Number of pages kept in memory. They must be read within the page timeout even when each request waits for the rate limit. */
const MAX_PAGES_PER_RANGE = 4;
const MIN_ROWS_PER_RANGE = 100;
/** Target share of the maximum number of rows. A range with more rows than the maximum is discarded, and a shorter range is read. */
const TARGET_FILL_RATIO = 0.85;
/** Maximum number of times in a cursor. When there are more, the complete reading covers the older ones. */
const MAX_UNDECIDED_TIMES = 1_000;
/** Maximum number of pages of decided transactions in one listing. The remaining ones wait for the next listing. */
const MAX_DECIDED_PAGES = 20;
const WATCHED_STATES = ['created', 'pending', 'reverted'];

interface ListingState {
  position: TransactionsCursor;
  /** Time at which the listing began. */
  now: number;
  /** Transactions created from this time on can still change. */
  changeableFrom: number;
}

export async function* listTransactionPages(
  client: RevolutBusinessClient,
  settings: RevolutBusinessSettings,
  now: number,
  since: Cursor | undefined,
): AsyncGenerator<Page<Transaction>> {
  const listing: ListingState = {
    now,
    changeableFrom: now - settings.changesWithinDays * DAY_MS,
    position: since === undefined ? createInitialPosition(settings, now) : parseTransactionsCursor(since),
  };
  const reader = new TransactionReader(client, settings.pageSize);
  const recent = listing.position.at - REREAD_OVERLAP_MS;
  if (since === undefined) {
    yield* readRanges(reader, listing, listing.position.at);
  } else if (now - listing.position.reread >= settings.rereadEveryHours * HOUR_MS) {
    listing.position = { ...listing.position, reread: now };
    yield* readRanges(reader, listing, Math.min(recent, listing.changeableFrom));
  } else {
    const { rows, position } = await reader.readChanges(listing, Math.max(recent, listing.changeableFrom));
    if (rows.length > 0) yield createPage(rows, position);
    yield* readRanges(reader, { ...listing, position }, recent);
  }
}

function createInitialPosition({ since }: RevolutBusinessSettings, now: number): TransactionsCursor {
  return { at: Math.min(Date.parse(since), now), span: INITIAL_RANGE_MS, reread: now, open: [] };
}

/** Reads range by range, from `from` to now. */
async function* readRanges(
  reader: TransactionReader,
  { position, now, changeableFrom }: ListingState,
  from: number,
): AsyncGenerator<Page<Transaction>> {
  const end = now + MAX_CLOCK_SKEW_MS;
  const open = position.open.filter((time) => time >= changeableFrom && time < from);
  let { span } = position;
  for (let at = from; at < end;) {
    const to = Math.min(at + span, end);
    const read = await reader.readRange({ from: at, to });
    if (read.from > at) {
      span = Math.max(1, Math.floor(((to - read.from) * 3) / 4));
      continue;
    }
    open.push(...getUndecidedTimes(read.rows).filter((time) => time >= changeableFrom));
    const notRead = position.open.filter((time) => time >= to);
    // A range that ends at the present says nothing about the right length of a range.
    const grown = computeNextRange(to - at, read.rows.length / reader.maxRows);
    span = to === end ? Math.max(span, grown) : grown;
    const next = {
      ...position,
      at: Math.min(to, now),
      span,
      open: limitUndecidedTimes([...open, ...notRead]),
    };
    // The cursor of an account without new rows moves at most once an hour, because each move is a database transaction.
    const isWorthIt = to === end && (next.at - position.at >= HOUR_MS || position.reread === now);
    if (read.rows.length > 0 || isWorthIt) {
      yield { ...createPage(read.rows, next, read.warnings), progress: computeProgress(from, to, end) };
    }
    at = to;
  }
}

/**
 * Returns the length of the next range.
 * @param fill rows of the last range, as a share of the maximum
 */
function computeNextRange(span: number, fill: number): number {
  const factor = fill === 0 ? 4 : Math.min(4, Math.max(0.25, TARGET_FILL_RATIO / fill));
  return Math.max(1, Math.floor(span * factor));
}

function createPage(
  rows: readonly Json[],
  position: TransactionsCursor,
  warnings: DataWarning[] = [],
): Page<Transaction> {
  return {
    items: rows.flatMap((row) => parseRowItems(row, toTransactions)),
    cursor: serializeCursor(position),
    warnings,
  };
}

function computeProgress(from: number, to: number, end: number) {
  return { done: Math.floor((to - from) / DAY_MS), total: Math.floor((end - from) / DAY_MS), unit: 'days' };
}

class TransactionReader {
  readonly maxRows: number;

  constructor(
    private readonly client: RevolutBusinessClient,
    private readonly pageSize: number,
  ) {
    this.maxRows = Math.max(MAX_PAGES_PER_RANGE * pageSize, MIN_ROWS_PER_RANGE);
  }

  readRange(span: TimeRange, states?: readonly string[]): Promise<TimeRangeRows> {
    return readTransactionsInRange(this.client, span, {
      pageSize: this.pageSize,
      maxPages: Math.ceil(this.maxRows / this.pageSize),
      ...(states === undefined ? {} : { states }),
    });
  }

  /** Returns the changed transactions among those that can change, up to `to`. */
  async readChanges(
    { position, changeableFrom }: ListingState,
    to: number,
  ): Promise<{ rows: Json[]; position: TransactionsCursor }> {
    const watched = await this.readRange({ from: changeableFrom, to }, WATCHED_STATES);
    // There are too many. The complete reading covers them.
    if (watched.from > changeableFrom && watched.rows.length > 0) return { rows: [], position };
    const open = getUndecidedTimes(watched.rows);
    const before = position.open.filter((time) => time >= changeableFrom && time < to);
    const decided = await this.readDecided(findMissingTimes(before, open));
    const later = position.open.filter((time) => time >= to);
    return {
      rows: [...watched.rows, ...decided.rows],
      position: { ...position, open: limitUndecidedTimes([...open, ...decided.left, ...later]) },
    };
  }

  /** Returns the transactions created at these times, ascending. Times that are close to each other share a page. */
  private async readDecided(times: readonly number[]): Promise<{ rows: Json[]; left: number[] }> {
    const wanted = new Set(times);
    const left = [...wanted];
    const rows = new UniqueRows();
    for (let request = 1; request <= MAX_DECIDED_PAGES && left.length > 0; request += 1) {
      const [oldest = 0] = left;
      const newest = left.at(-1) ?? oldest;
      const span = { from: oldest, to: newest + 1 };
      const listed = await this.client.listTransactions({ ...span, count: this.pageSize });
      rows.add(listed.filter((row) => wanted.has(getCreatedAt(row) ?? -1)));
      const reached = listed.length < this.pageSize ? -1 : getOldestTime(listed);
      // The complete reading covers a moment that fills a page.
      if (reached === newest) left.pop();
      while ((left.at(-1) ?? -1) > reached) left.pop();
    }
    return { rows: rows.toOldestFirst(), left };
  }
}

/** Returns the times of the undecided rows, ascending as the rows are. */
function getUndecidedTimes(rows: readonly Json[]): number[] {
  return rows
    .filter((row) => isUndecided(getStringOrUndefined(row, 'state') ?? ''))
    .flatMap((row) => getCreatedAt(row) ?? []);
}

/** Returns the times that occur less often than before. */
function findMissingTimes(before: readonly number[], now: readonly number[]): number[] {
  const counts = new Map<number, number>();
  for (const time of now) counts.set(time, (counts.get(time) ?? 0) + 1);
  return before.filter((time) => {
    const count = counts.get(time) ?? 0;
    counts.set(time, count - 1);
    return count <= 0;
  });
}

function limitUndecidedTimes(open: readonly number[]): number[] {
  return open.toSorted((a, b) => a - b).slice(-MAX_UNDECIDED_TIMES);
}
