/** Reads the rows of one time window, page by page. */
import { PspError } from '../errors.js';
import type { DataWarning } from '../plugin.js';
import { formatTime } from '../time.js';
import { EndlessListDetector } from './endless-list-detector.js';
import { createLoopError } from './read-list-response.js';
import type { RowReader, TokenPage } from './listing.types.js';
import type { TimeBudget } from './time-budget.js';
import { UniqueRows } from './unique-rows.js';

/** A time window `[from, to)` in milliseconds since 1970. */
export interface TimeWindow {
  from: number;
  to: number;
}

/** The request of one page. */
export interface TimeWindowQuery extends TimeWindow {
  /** `next` of the previous page. It is present only with `paging: 'token'`. */
  token?: string;
  /** The maximum number of rows of the page. It is set to `maxPageSize` if all rows of one instant are requested at once. */
  limit?: number;
  /** The value of an additional filter, one of `instantFilters`. */
  filter?: string;
}

/** A list that can be filtered by time. */
export interface TimeWindowSource<Row> extends RowReader<Row> {
  /**
   * Requests one page of the rows of a window.
   * @throws WindowTooLargeError if the PSP rejects the window because it has too many rows
   */
  fetchPage: (query: TimeWindowQuery, signal: AbortSignal) => Promise<TokenPage<Row>>;
  /**
   * The order of the rows in the PSP's list. `unordered` means that the PSP promises no order; it is possible only with `paging: 'token'`.
   * A window of an unordered list is read to its last page, or discarded and read again in shorter windows.
   */
  order: 'newest-first' | 'oldest-first' | 'unordered';
  /**
   * How the next page of a window is requested. `token`: with the token of the previous page. `time`: for a list without tokens; the next
   * request has a smaller window, which begins or ends at the time of the last row. The PSP then returns the last row again, so rows with
   * the same time are not lost.
   */
  paging: 'token' | 'time';
  /**
   * The smallest difference of two times that a query can express: 1 if the PSP accepts milliseconds, 86 400 000 if it accepts only dates.
   */
  resolutionMs: number;
  /**
   * An empty page of a window of at least this length is requested again, because a fault of the PSP can look like an empty list; the answer to the second request counts. Shorter
   * windows are read again by each listing. With `paging: 'token'`, an empty page behind a token is requested again, too. Default: one day more than `overlapMs` in `timeWindows`;
   * no page in `readWindow`.
   */
  minConfirmedWindowMs?: number;
  /**
   * True if the PSP has no filter for the beginning of a window, so that it lists all rows before the end. This is possible only for
   * newest-first lists.
   */
  ignoresFrom?: boolean;
  /**
   * The maximum number of rows that the PSP returns in one page. It is used if the rows of one instant fill a page, because such a window
   * cannot be divided further. Only with `paging: 'time'`. If it is absent, a warning reports that rows of this instant may be missing.
   */
  maxPageSize?: number;
  /**
   * The values of a filter, e.g. all types of rows. If the rows of one instant fill a page of the maximum size, they are requested again
   * with each value in turn.
   */
  instantFilters?: readonly string[];
}

/** The error for a window that the PSP rejects because it contains too many rows. `timeWindows` then requests a shorter window. */
export class WindowTooLargeError extends Error {}

export interface WindowRows<Row> {
  /** The rows, oldest first. Each row occurs once. */
  rows: Row[];
  /** The part of the window that was read completely. It is smaller than the window if the whole window would need too many pages. */
  covered: TimeWindow;
  warnings: DataWarning[];
  /** The number of rows of the largest page that the PSP has returned so far, in this window or before. */
  largestPage: number;
}

interface ReadLimits {
  budget: TimeBudget;
  /** The number of full pages after which the reading stops. */
  maxPages: number;
  /** The number of rows of the largest page that the PSP has returned so far. */
  largestPage: number;
  /**
   * A time before the window at which the PSP is expected to have a row. A newest-first list that is paged by time is then requested from
   * this time. If a page contains a row from before the window, the window was certainly listed completely; a short page alone is no proof.
   */
  provenFrom?: number;
  /**
   * Whether the reading may end with `WindowTooLargeError`, so that the caller requests a shorter window. It applies to an unordered list
   * with too many pages, and to missing rows. Default: the window is read to its end.
   */
  canShrink?: boolean;
}

/**
 * The minimum number of pages that are read of a window, even if the time of the step is used up: one page with rows, and one page that
 * shows that no rows follow.
 */
const MIN_PAGES = 2;
/** The share of the largest page above which a page counts as full. A shorter page was not limited by the PSP's page size. */
const FULL_PAGE_RATIO = 0.5;
/** The minimum number of rows that are read of a window before its reading stops. If the PSP returns short pages, more pages are read. */
const MIN_ROWS_PER_WINDOW = 100;

/** Reads a window, or the part of the window that `limits` allow. */
export async function readWindow<Row>(
  source: TimeWindowSource<Row>,
  window: TimeWindow,
  limits: ReadLimits,
): Promise<WindowRows<Row>> {
  return source.paging === 'token' ? readByToken(source, window, limits) : readByTime(source, window, limits);
}

async function readByToken<Row>(
  source: TimeWindowSource<Row>,
  window: TimeWindow,
  limits: ReadLimits,
): Promise<WindowRows<Row>> {
  const rows = new UniqueRows(source);
  const detector = new EndlessListDetector<Row>(source.getId);
  // The rows of one instant cannot be divided into two windows, so the window is read to its end.
  const isDivisible = window.to - window.from > source.resolutionMs;
  let token: string | undefined;
  let covered = window;
  let largestPage = limits.largestPage;
  const count = { listed: 0, promised: 0 };
  for (let pages = 1; ; pages += 1) {
    const query = { ...window, ...(token === undefined ? {} : { token }) };
    const page = await fetchConfirmedPage(source, query, limits.budget.signal);
    const repeated = rows.countKnown(page.rows);
    if (source.order === 'unordered' && pages > 1 && page.rows.length > 0 && repeated === page.rows.length)
      throw createLoopError(token ?? '');
    detector.addPage(page);
    count.listed += rows.add(page.rows);
    count.promised = Math.max(count.promised, page.total ?? 0);
    largestPage = Math.max(largestPage, page.rows.length);
    if (page.next === undefined) break;
    token = page.next;
    if (!isDivisible || !isOverLimit(pages, rows.size, { ...limits, largestPage })) continue;
    if (source.order === 'unordered') {
      if (limits.canShrink !== true) continue;
      throw new WindowTooLargeError(`the window has more than ${pages} pages`);
    }
    const border = getBorder(source, rows.toList(), window);
    if (border === undefined) continue;
    covered = border;
    break;
  }
  if (covered === window) assertCountIsComplete(count, limits.canShrink === true && isDivisible);
  return { rows: toCoveredRows(source, rows, covered, window), covered, warnings: [], largestPage };
}

async function fetchConfirmedPage<Row>(
  { fetchPage, minConfirmedWindowMs = Infinity }: TimeWindowSource<Row>,
  query: TimeWindowQuery,
  signal: AbortSignal,
): Promise<TokenPage<Row>> {
  const page = await fetchPage(query, signal);
  const isEmpty = page.rows.length === 0 && page.next === undefined;
  const isBehindToken = query.token !== undefined && minConfirmedWindowMs < Infinity;
  return isEmpty && (isBehindToken || query.to - query.from >= minConfirmedWindowMs)
    ? fetchPage(query, signal)
    : page;
}

/**
 * Compares the number of listed rows with the total that the PSP returned. Rows are missing if a row was added or removed while the pages
 * were requested. In a shorter window this is less likely, because it has fewer pages.
 * @throws WindowTooLargeError if rows are missing and the window can be shortened
 * @throws PspError `unavailable` if rows are missing and the window cannot be shortened
 */
function assertCountIsComplete(
  { listed, promised }: { listed: number; promised: number },
  canShrink: boolean,
): void {
  if (listed >= promised) return;
  const message = `the PSP said that the window has ${promised} rows, and listed ${listed}`;
  throw canShrink ? new WindowTooLargeError(message) : new PspError('unavailable', message);
}

async function readByTime<Row>(
  source: TimeWindowSource<Row>,
  window: TimeWindow,
  limits: ReadLimits,
): Promise<WindowRows<Row>> {
  const isNewestFirst = source.order === 'newest-first';
  const rows = new UniqueRows(source);
  const warnings: DataWarning[] = [];
  const provenFrom = isNewestFirst ? (limits.provenFrom ?? window.from) : window.from;
  const showsRowsBefore = provenFrom < window.from || source.ignoresFrom === true;
  let left = window;
  let largestPage = limits.largestPage;
  for (let pages = 1; left.to > left.from; pages += 1) {
    const query = { from: isNewestFirst ? provenFrom : left.from, to: left.to };
    const page = await fetchConfirmedPage(source, query, limits.budget.signal);
    if (page.rows.length === 0) {
      left = { from: left.to, to: left.to };
      break;
    }
    const inside = showsRowsBefore ? page.rows.filter((row) => !isBefore(source, row, window)) : page.rows;
    const added = rows.add(inside);
    if (added === 0 && isBehind(source, page.rows, left)) throw createRepeatedPageError(left);
    // A page without new rows is the last page, unless it is a full page whose rows all have the same time. The PSP can return fewer rows
    // than requested, so the page is compared with the largest page so far.
    const isLast = added === 0 && page.rows.length < largestPage * FULL_PAGE_RATIO;
    largestPage = Math.max(largestPage, page.rows.length);
    if (isLast || page.isLast === true || inside.length < page.rows.length) {
      left = { from: left.to, to: left.to };
      break;
    }
    const instant = getInstant(source, page.rows, left);
    const isCrowded = isNewestFirst ? instant.to >= left.to : instant.from <= left.from;
    if (isCrowded) {
      const crowded = await readCrowdedInstant(source, instant, limits.budget.signal);
      rows.add(crowded.rows);
      warnings.push(...crowded.warnings);
      left = isNewestFirst ? { ...left, to: instant.from } : { ...left, from: instant.to };
    } else {
      left = isNewestFirst ? { ...left, to: instant.to } : { ...left, from: instant.from };
    }
    if (isOverLimit(pages, rows.size, { ...limits, largestPage })) break;
  }
  const isComplete = left.to <= left.from;
  const covered = isComplete
    ? window
    : isNewestFirst
      ? { from: left.to, to: window.to }
      : { from: window.from, to: left.from };
  return { rows: toCoveredRows(source, rows, covered, window), covered, warnings, largestPage };
}

function isBefore<Row>(source: TimeWindowSource<Row>, row: Row, { from }: TimeWindow): boolean {
  const time = source.getTime(row);
  return time !== undefined && time < from;
}

/**
 * Returns true if all rows of a page have times that an earlier page of this window has already covered. A row at a distance of only one
 * instant does not count, because the PSP may include the border of a window.
 */
function isBehind<Row>(
  { getTime, order, resolutionMs }: TimeWindowSource<Row>,
  rows: readonly Row[],
  { from, to }: TimeWindow,
): boolean {
  return rows.every((row) => {
    const time = getTime(row);
    if (time === undefined) return false;
    return order === 'newest-first' ? time >= to + resolutionMs : time < from - resolutionMs;
  });
}

/**
 * Creates the error for a PSP that ignores the times of a request. Without this error, its page would be treated as the last page of the
 * window.
 */
function createRepeatedPageError({ from, to }: TimeWindow): PspError {
  return new PspError(
    'unavailable',
    `the PSP was asked for the rows from ${formatTime(from)} to ${formatTime(to)}, and returned a page of other times that was read before`,
  );
}

function isOverLimit(pages: number, rows: number, limits: ReadLimits): boolean {
  return rows >= getMaxRows(limits) || (pages >= MIN_PAGES && limits.budget.isUsedUp());
}

/** Returns the number of rows after which the reading of a window stops. */
export function getMaxRows({ maxPages, largestPage }: Omit<ReadLimits, 'budget'>): number {
  return Math.max(MIN_ROWS_PER_WINDOW, maxPages * largestPage);
}

/** Returns the instant of the last row of a page. The next page must contain the rows of this instant again. */
function getInstant<Row>(
  source: TimeWindowSource<Row>,
  rows: readonly Row[],
  { from, to }: TimeWindow,
): TimeWindow {
  const times = rows.map((row) => source.getTime(row)).filter((time) => time !== undefined);
  if (times.length === 0) {
    throw new PspError(
      'unavailable',
      'a whole page of rows without a readable time: the next page cannot be requested',
    );
  }
  const { resolutionMs } = source;
  const time = source.order === 'newest-first' ? Math.min(...times) : Math.max(...times);
  // The time is limited to the window. Otherwise a PSP that ignores the filter could make the window larger instead of smaller.
  const inside = Math.min(Math.max(time, from), to - 1);
  const start = Math.max(from, Math.floor(inside / resolutionMs) * resolutionMs);
  return { from: start, to: Math.min(to, start + resolutionMs) };
}

/** Reads all rows of one instant whose rows fill a page. If the PSP still does not list all of them, the result contains warnings. */
async function readCrowdedInstant<Row>(
  { fetchPage, maxPageSize, instantFilters = [] }: TimeWindowSource<Row>,
  instant: TimeWindow,
  signal: AbortSignal,
): Promise<{ rows: Row[]; warnings: DataWarning[] }> {
  const time = formatTime(instant.from);
  const lost = 'the PSP lists no more rows of one time, so some may be missing';
  const whole = { id: `crowded-${time}`, message: `the rows of ${time} fill a whole page; ${lost}` };
  if (maxPageSize === undefined) return { rows: [], warnings: [whole] };
  const { rows } = await fetchPage({ ...instant, limit: maxPageSize }, signal);
  if (rows.length < maxPageSize) return { rows, warnings: [] };
  const warnings: DataWarning[] = [];
  for (const filter of instantFilters) {
    const page = await fetchPage({ ...instant, limit: maxPageSize, filter }, signal);
    rows.push(...page.rows);
    if (page.rows.length < maxPageSize) continue;
    const message = `${maxPageSize} or more rows of ${filter} were created at ${time}; ${lost}`;
    warnings.push({ id: `crowded-${filter}-${time}`, message });
  }
  return { rows, warnings: instantFilters.length === 0 ? [whole] : warnings };
}

/** Returns the part of the window that was read completely, or `undefined` if no part is complete. */
function getBorder<Row>(
  source: TimeWindowSource<Row>,
  rows: readonly Row[],
  window: TimeWindow,
): TimeWindow | undefined {
  if (rows.length === 0) return undefined;
  const instant = getInstant(source, rows, window);
  if (source.order === 'newest-first')
    return instant.to < window.to ? { from: instant.to, to: window.to } : undefined;
  return instant.from > window.from ? { from: window.from, to: instant.from } : undefined;
}

function toOldestFirst<Row>({ order, getTime }: TimeWindowSource<Row>, rows: Row[]): Row[] {
  switch (order) {
    case 'oldest-first':
      return rows;
    case 'newest-first':
      return rows.reverse();
    case 'unordered':
      return rows.sort((a, b) => (getTime(a) ?? 0) - (getTime(b) ?? 0));
  }
}

/**
 * Returns the rows oldest first, without the rows that the next window contains again. Rows from outside the window are kept, because the
 * PSP listed them for this window.
 */
function toCoveredRows<Row>(
  source: TimeWindowSource<Row>,
  rows: UniqueRows<Row>,
  covered: TimeWindow,
  window: TimeWindow,
): Row[] {
  const list = toOldestFirst(source, rows.toList());
  if (covered.from === window.from && covered.to === window.to) return list;
  return list.filter((row) => {
    const time = source.getTime(row);
    if (time === undefined) return true;
    return source.order === 'newest-first' ? time >= covered.from : time < covered.to;
  });
}
