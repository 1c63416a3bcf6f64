/**
 * Lists rows of a list that is read from its oldest row to its newest row with page tokens, cursors, offsets or links (Link headers, HAL).
 *
 * The position is the token of the last page. The next listing requests this page again, because the PSP appends new rows to it.
 */
import { PspError } from '../errors.js';
import { EndlessListDetector } from './endless-list-detector.js';
import { createLoopError } from './read-list-response.js';
import type { ListingContext, ListingStep, RowReader, TokenPage } from './listing.types.js';
import { PageTokenExpiredError } from './newest-first-listing.js';
import { TimeBudget } from './time-budget.js';

export interface OldestFirstSource<Row> extends RowReader<Row> {
  /**
   * Requests one page.
   * @param token `next` of the previous page; absent for the first page
   * @throws PageTokenExpiredError if the PSP no longer accepts the token. The list is then read from its beginning
   */
  fetchPage: (token: string | undefined, signal: AbortSignal) => Promise<TokenPage<Row>>;
}

/** The position at which `oldestFirst` resumes. */
export interface OldestFirstPosition {
  /** The token of the next page; absent for the first page. */
  token?: string;
}

/**
 * Yields the rows after `since`, and ends after the last page.
 * @throws PspError `unavailable` if the list does not end, see `EndlessListDetector`
 */
export async function* oldestFirst<Row>(
  source: OldestFirstSource<Row>,
  since: OldestFirstPosition | undefined,
  context: ListingContext,
): AsyncGenerator<ListingStep<Row, OldestFirstPosition>> {
  const budget = new TimeBudget(context);
  let token = since?.token;
  let detector = new EndlessListDetector<Row>(source.getId, token === undefined ? [] : [token]);
  let hasRestarted = false;
  for (;;) {
    const page = await fetchPage(source, token, budget.signal);
    if (page === undefined) {
      if (hasRestarted)
        throw new PspError('unavailable', 'the PSP refuses a page token that it has just returned');
      [token, hasRestarted] = [undefined, true];
      detector = new EndlessListDetector(source.getId);
      continue;
    }
    const { rows, next } = page;
    detector.addPage(page);
    const current = next ?? token;
    yield { rows, position: current === undefined ? {} : { token: current } };
    budget.restart();
    if (next === undefined) return;
    token = next;
  }
}

async function fetchPage<Row>(
  source: OldestFirstSource<Row>,
  token: string | undefined,
  signal: AbortSignal,
): Promise<TokenPage<Row> | undefined> {
  try {
    return await source.fetchPage(token, signal);
  } catch (error) {
    if (error instanceof PageTokenExpiredError && token !== undefined) return undefined;
    throw error;
  }
}

/** A list whose pages are requested with the number of rows to skip. */
export interface OffsetSource<Row> extends RowReader<Row> {
  /**
   * Requests a page of rows.
   * @param offset the number of rows before the first row of the page
   * @returns the rows; an empty page means the end of the list
   */
  fetchRows: (offset: number, signal: AbortSignal) => Promise<Row[]>;
}

/** The position at which `oldestFirstByOffset` resumes. */
export interface OffsetPosition {
  /** The number of rows that were already read. */
  offset: number;
  /** The ids of the last rows that were already read, newest last. */
  last: string[];
}

const MAX_LAST_IDS = 20;

/**
 * Lists rows by offset. If rows vanish from the list, all later rows move to a smaller offset. To notice this, every page begins with the
 * last row of the previous page. If this row is not there, the listing goes back until it finds a known row.
 */
export async function* oldestFirstByOffset<Row>(
  source: OffsetSource<Row>,
  since: OffsetPosition | undefined,
  context: ListingContext,
): AsyncGenerator<ListingStep<Row, OffsetPosition>> {
  const { signal } = new TimeBudget(context);
  let position = since ?? { offset: 0, last: [] };
  let stepBack = 1;
  for (;;) {
    const offset = Math.max(0, position.offset - stepBack);
    const rows = await source.fetchRows(offset, signal);
    const known = findLastKnown(source, rows, position.last);
    if (known === -1 && offset > 0) {
      stepBack *= 2;
      continue;
    }
    let fresh = rows.slice(known + 1);
    // Only an empty page is the end of the list. A page that contains only the known row may be a page with fewer rows than requested.
    if (fresh.length === 0 && rows.length > 0) {
      const next = offset + rows.length;
      fresh = await source.fetchRows(next, signal);
      if (isSamePage(source, fresh, rows)) throw createLoopError(`offset ${next}`);
    }
    const end = offset + (known + 1) + fresh.length;
    const last = [...position.last, ...fresh.map((row) => source.getId(row))].slice(-MAX_LAST_IDS);
    const isMoved = end !== position.offset;
    position = { offset: end, last };
    if (fresh.length > 0 || isMoved) yield { rows: fresh, position };
    if (fresh.length === 0) return;
    stepBack = 1;
  }
}

/**
 * Returns true if a page is equal to the previous page. This can mean that the PSP ignores the offset, and the listing would then never
 * end.
 */
function isSamePage<Row>({ getId }: RowReader<Row>, page: readonly Row[], before: readonly Row[]): boolean {
  const ids = before.map(getId);
  return page.length > 0 && page.every((row) => ids.includes(getId(row)));
}

/** Returns the index of the newest row on the page that was read before, or -1 if the page has no such row. */
function findLastKnown<Row>(
  { getId }: RowReader<Row>,
  rows: readonly Row[],
  last: readonly string[],
): number {
  return rows.findLastIndex((row) => last.includes(getId(row)));
}
