/**
 * Requests pages by page number from a list that can be filtered by time. The PSP limits the time range of a request, so a longer range is
 * divided into parts.
 */
import { PspError } from '../errors.js';
import type { Json } from '../http/json-accessors.js';
import type { TokenPage } from './listing.types.js';
import { requireRows } from './read-list-response.js';
import { WindowTooLargeError } from './read-window.js';
import type { TimeWindow, TimeWindowQuery } from './read-window.js';

/** A page of one part of a time range. */
export interface NumberedPage extends TimeWindow {
  /** The page number. The first page has the number 1. */
  page: number;
}

/**
 * Returns the page that a query requests.
 * @param maxRangeMs the maximum length of a time range that the PSP accepts, in milliseconds
 */
export function parseNumberedPage({ from, to, token }: TimeWindowQuery, maxRangeMs: number): NumberedPage {
  if (token === undefined) return { page: 1, from, to: Math.min(to, from + maxRangeMs) };
  const [start = 0, end = 0, page = 1] = token.split('/').map(Number);
  return { page, from: start, to: end };
}

/**
 * Returns the token of the page after this page. It can be the first page of the next part.
 * @param pageCount the number of pages of the part, as the PSP returned it
 * @param query the query for the whole range
 * @returns `undefined` after the last page of the last part
 */
export function getNextPageToken(
  { page, from, to }: NumberedPage,
  pageCount: number,
  query: TimeWindowQuery,
  maxRangeMs: number,
): string | undefined {
  if (page < pageCount) return formatToken({ from, to, page: page + 1 });
  if (to >= query.to) return undefined;
  return formatToken({ from: to, to: Math.min(query.to, to + maxRangeMs), page: 1 });
}

/** Returns the token of the first page of the first half of a part. It is used if the whole part has too many rows for the PSP. */
export function getTokenOfFirstHalf({ from, to }: TimeWindow, resolutionMs: number): string {
  const halfMs = Math.ceil((to - from) / 2 / resolutionMs) * resolutionMs;
  return formatToken({ from, to: from + halfMs, page: 1 });
}

/** The names of the properties of a response that contain the rows and their numbers. */
export interface NumberedPageProperties {
  rows: string;
  /** The property with the number of all rows of the range. */
  rowCount: string;
  pageCount: string;
}

/**
 * Reads a page of one part of the range of `query`.
 * @param hasUncountedPage true if another page follows, although the number of pages says that this page is the last one
 * @throws PspError `unavailable` if there is no list, unless the number of rows is zero
 * @throws PspError `unavailable` if the number of rows or of pages is missing, or if the list has more rows than the number says
 */
function readNumberedPage(
  response: Json,
  part: NumberedPage,
  query: TimeWindowQuery,
  { names, maxRangeMs }: Pick<NumberedList, 'names' | 'maxRangeMs'>,
  hasUncountedPage: boolean,
): TokenPage<Json> {
  const total = readCount(response, names.rowCount);
  const pageCount = hasUncountedPage ? part.page + 1 : readPageCount(response, names);
  const next = getNextPageToken(part, pageCount, query, maxRangeMs);
  const isWholeRange = part.from === query.from && part.to === query.to;
  return {
    rows: readRows(response, names),
    ...(isWholeRange && { total }),
    ...(next !== undefined && { next }),
  };
}

function readPageCount(response: Json, names: NumberedPageProperties): number {
  return readCount(response, names.rowCount) === 0 ? 0 : readCount(response, names.pageCount);
}

/** Returns the rows of a response. A response without rows may have no list, if its number of rows is zero. */
function readRows(response: Json, names: NumberedPageProperties): Json[] {
  const total = readCount(response, names.rowCount);
  if (total === 0 && !response.has(names.rows)) return [];
  const rows = requireRows(response, names.rows);
  assertNotMoreThan(total, rows, names.rowCount);
  return rows;
}

/**
 * Finds out whether a page follows the last page. With a number of pages that is too small, the rows of the other pages would be lost. So the
 * page after a full last page is requested. There is none if the PSP refuses it, if it has no rows, or if all its rows are on the last page or on the first
 * one, which some PSPs return for a page that does not exist. Its number of rows does not count, because it can be missing.
 */
async function findUncountedPage(response: Json, part: NumberedPage, list: NumberedList): Promise<boolean> {
  const { names, pageSize = Infinity, requestPart, isRefusalOfPage, isRefusalAsTooLarge } = list;
  const rows = readRows(response, names);
  if (rows.length < pageSize || part.page < readPageCount(response, names)) return false;
  const following = await requestPart({ ...part, page: part.page + 1 }).catch((error: unknown) => {
    // A range with too many rows has more pages.
    if (!isRefusalAsTooLarge(error) && isRefusalOfPage?.(error) === true) return undefined;
    throw error;
  });
  const listed = following?.has(names.rows) === true ? requireRows(following, names.rows) : [];
  const texts = listed.map((row) => row.toJsonString());
  if (!hasOtherRow(texts, rows)) return false;
  return (
    part.page === 1 ||
    hasOtherRow(texts, [...rows, ...readRows(await requestPart({ ...part, page: 1 }), names)])
  );
}

function hasOtherRow(texts: readonly string[], rows: readonly Json[]): boolean {
  const known = new Set(rows.map((row) => row.toJsonString()));
  return texts.some((text) => !known.has(text));
}

/** With a number of rows that is too small, the reading would end too early. */
function assertNotMoreThan(total: number, rows: readonly Json[], name: string): void {
  if (rows.length <= total) return;
  const message = `the response lists ${rows.length} rows, and its ${JSON.stringify(name)} is ${total}`;
  throw new PspError('unavailable', `${message}; so its last page is not known`);
}

/** A list with page numbers, and how its pages are requested. */
export interface NumberedList {
  names: NumberedPageProperties;
  /** The maximum length of a time range that the PSP accepts, in milliseconds. */
  maxRangeMs: number;
  /** The smallest difference of two times in the PSP's filter, in milliseconds. A shorter range is not divided. */
  resolutionMs: number;
  /**
   * The maximum number of rows of a range. A range with more rows, or one that the PSP refuses as too large, is an error, and the strategy
   * requests a shorter window. Default: no maximum; a range that the PSP refuses is read in halves instead.
   */
  maxRowCount?: number | undefined;
  /**
   * The number of rows that `requestPart` requests for a page. If the last page has so many rows, the page after it is requested as well, because the
   * PSP's number of pages can be too small. Default: the number of pages is not checked.
   */
  pageSize?: number;
  /** Returns true for the error by which the PSP refuses a page after the last one. It counts only for a page that the PSP has not announced. */
  isRefusalOfPage?: (error: unknown) => boolean;
  /** Sends the request for a page, and returns the response. */
  requestPart: (part: NumberedPage) => Promise<Json>;
  /** Returns true for an error by which the PSP refuses a range because it has too many rows. */
  isRefusalAsTooLarge: (error: unknown) => boolean;
}

/**
 * Requests and reads the page of a query. It is for `fetchPage` of a strategy with `paging: 'token'`.
 * @throws WindowTooLargeError if the range has too many rows, see `NumberedList.maxRowCount`
 * @throws PspError in the same cases as `readNumberedPage`
 */
export async function fetchNumberedPage(
  query: TimeWindowQuery,
  list: NumberedList,
): Promise<TokenPage<Json>> {
  const { names, maxRangeMs, resolutionMs, maxRowCount, requestPart, isRefusalAsTooLarge } = list;
  const part = parseNumberedPage(query, maxRangeMs);
  const isDivisible = part.to - part.from > resolutionMs;
  const response = await requestPart(part).catch((error: unknown) => {
    if (isDivisible && isRefusalAsTooLarge(error)) return undefined;
    throw error;
  });
  if (response === undefined && maxRowCount === undefined)
    return { rows: [], next: getTokenOfFirstHalf(part, resolutionMs) };
  const isTooLarge =
    response === undefined ||
    (isDivisible && maxRowCount !== undefined && readCount(response, names.rowCount) > maxRowCount);
  if (isTooLarge) throw new WindowTooLargeError('the range has too many rows');
  return readNumberedPage(response, part, query, list, await findUncountedPage(response, part, list));
}

/**
 * Reads a number of pages or rows. A PSP can send it as a string: `"3"`.
 * @throws PspError `unavailable` if there is no number, because it is then unknown whether another page follows
 */
export function readCount(response: Json, property: string): number {
  const text = response.scalar(property) ?? '';
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new PspError(
    'unavailable',
    `the response has no number ${JSON.stringify(property)}, so its last page is not known`,
  );
}

function formatToken({ from, to, page }: NumberedPage): string {
  return `${from}/${to}/${page}`;
}
