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
 * @throws PspError `unavailable` if there is no list, unless the number of rows is zero
 * @throws PspError `unavailable` if the number of rows or of pages is missing, or if the list has more rows than the number says
 */
function readNumberedPage(
  response: Json,
  part: NumberedPage,
  query: TimeWindowQuery,
  { names, maxRangeMs }: { names: NumberedPageProperties; maxRangeMs: number },
): TokenPage<Json> {
  const total = readCount(response, names.rowCount);
  const isEmpty = total === 0 && !response.has(names.rows);
  const pageCount = total === 0 ? 0 : readCount(response, names.pageCount);
  const next = getNextPageToken(part, pageCount, query, maxRangeMs);
  const isWholeRange = part.from === query.from && part.to === query.to;
  const rows = isEmpty ? [] : requireRows(response, names.rows);
  assertNotMoreThan(total, rows, names.rowCount);
  return {
    rows,
    ...(isWholeRange && { total }),
    ...(next !== undefined && { next }),
  };
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
  return readNumberedPage(response, part, query, { names, maxRangeMs });
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
