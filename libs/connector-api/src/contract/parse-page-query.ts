/**
 * Parses the query parameters of a list: `page`, `pageSize`, `sort` and the time filter. Unknown parameters are ignored. There is no DTO
 * class, because validating a class with decorators would take longer than reading the page.
 */
import type { Stream } from '../plugin.js';
import { parseTime } from '../time.js';
import { createInvalidParameterError } from './create-invalid-parameter-error.js';
import { FEED_TIME_FIELD } from './serialize-records.js';

/** A validated query for one page of a list. */
export interface PageQuery {
  /** The page number, which starts at 1. */
  page: number;
  pageSize: number;
  /** A time in ms since 1970. The list contains only rows whose feed time is at or after this time. `undefined` means all rows. */
  fromMs: number | undefined;
  /**
   * Whether the client requests the next page even after a page that was not full. Clients of version 2 do so. They are recognised because
   * they send no `sort`.
   */
  readsUntilEmptyPage: boolean;
}

/** The page size of a request without `pageSize`. Source: Generic Connector document. */
export const DEFAULT_PAGE_SIZE = 100;
export const MAX_PAGE_SIZE = 10_000;
/**
 * The maximum page number; a larger number is replaced by it. No feed has so many pages, so the page is empty. Page number × page size
 * remains a safe integer.
 */
const MAX_PAGE = 1_000_000_000;
/** The largest page number that a request may contain, because the contract declares the page number as int64. */
const MAX_INT64 = 2n ** 63n - 1n;
const MAX_INT64_DIGITS = 19;

const WHOLE_NUMBER_PATTERN = /^\d+$/;
/** Matches a time whose `+` was not escaped in the URL. In a query string, `+` means a space, so `+02:00` arrives as ` 02:00`. */
const SPACE_BEFORE_OFFSET_PATTERN = / (?=\d{2}:\d{2}$)/;

/**
 * Parses and validates the query of a list.
 * @param query the decoded query string; a repeated parameter is an array
 * @throws ContractError 422 with the parameter, its value and the expected values
 */
export function parsePageQuery(stream: Stream, query: unknown): PageQuery {
  const parameters = query as Readonly<Record<string, unknown>>;
  const time = FEED_TIME_FIELD[stream];
  checkSort(parameters['sort'], time);
  return {
    page: parsePage(parameters['page']),
    pageSize: parsePageSize(parameters['pageSize']),
    fromMs: parseFrom(`${time}From`, parameters[`${time}From`]),
    readsUntilEmptyPage: isAbsent(parameters['sort']),
  };
}

/** Parses the page number. Page 0 is treated as page 1, because some clients begin with 0. */
function parsePage(value: unknown): number {
  if (value === undefined) return 1;
  if (typeof value !== 'string' || !WHOLE_NUMBER_PATTERN.test(value)) {
    throw createInvalidParameterError('page', value, 'one whole number from 1 on; 0 means 1');
  }
  const digits = value.replace(/^0+(?=\d)/, '');
  if (digits.length > MAX_INT64_DIGITS || BigInt(digits) > MAX_INT64) {
    throw createInvalidParameterError('page', value, `one whole number up to ${MAX_INT64}`);
  }
  return Math.min(Number(value) || 1, MAX_PAGE);
}

function parsePageSize(value: unknown): number {
  if (value === undefined) return DEFAULT_PAGE_SIZE;
  const size = typeof value === 'string' && WHOLE_NUMBER_PATTERN.test(value) ? Number(value) : 0;
  if (size < 1 || size > MAX_PAGE_SIZE) {
    throw createInvalidParameterError('pageSize', value, `one whole number from 1 to ${MAX_PAGE_SIZE}`);
  }
  return size;
}

/**
 * Checks the parameter `sort`. Only the order of the feed is accepted: `<feed time>:asc`, or `createdAt:asc` as in the example of the
 * Generic Connector document. Both values mean the same order. An empty value is treated as absent.
 */
function checkSort(value: unknown, feedTime: string): void {
  if (isAbsent(value) || value === `${feedTime}:asc` || value === 'createdAt:asc') return;
  throw createInvalidParameterError(
    'sort',
    value,
    `${feedTime}:asc, or no sort at all: a feed has one order`,
  );
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === '';
}

function parseFrom(name: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const instant =
    typeof value === 'string' ? parseTime(value.replace(SPACE_BEFORE_OFFSET_PATTERN, '+')) : undefined;
  if (instant === undefined) {
    throw createInvalidParameterError(
      name,
      value,
      'one RFC 3339 time with a zone, e.g. 2026-03-04T05:06:07.089Z',
    );
  }
  // Feed times are whole milliseconds, so a fraction is rounded up to the next millisecond.
  return instant.milliseconds + (instant.nanoseconds > 0 ? 1 : 0);
}
