/**
 * `page`, `pageSize`, `sort` and the filter by time. Read by hand: this is the hot path, and a DTO with decorators costs more
 * than the page itself. Parameters that the contract does not know are ignored.
 */
import type { Stream } from '../plugin.js';
import { parseTime } from '../time.js';
import { unprocessable, type ContractError } from './contract-error.js';
import { FEED_TIME_MEMBER } from './wire.js';

export interface PageQuery {
  /** Counts from 1. */
  page: number;
  pageSize: number;
  /** Rows whose feed time is at or after it, milliseconds; all rows without it. */
  from: number | undefined;
  /** Whether the reader may ask for the page after one that was not full: so do those of v2, which send no `sort`. */
  untilEmpty: boolean;
}

/** Source: Generic Connector document. */
export const DEFAULT_PAGE_SIZE = 100;
export const LARGEST_PAGE_SIZE = 10_000;
/** No feed is so long: a page behind it is empty in any case, and page × size stays an exact number. */
const LAST_PAGE = 1_000_000_000;

const WHOLE_NUMBER = /^\d+$/;
/** In a query string a plain `+` means a space: `+02:00` arrives as ` 02:00`. */
const SPACE_BEFORE_OFFSET = / (?=\d{2}:\d{2}$)/;

/**
 * @param query the decoded query string; a repeated parameter is an array
 * @throws ContractError 422 naming the parameter, what was found and what was expected
 */
export function parsePageQuery(stream: Stream, query: unknown): PageQuery {
  const parameters = query as Readonly<Record<string, unknown>>;
  const time = FEED_TIME_MEMBER[stream];
  checkSort(parameters['sort'], `${time}:asc`);
  return {
    page: parsePage(parameters['page']),
    pageSize: parsePageSize(parameters['pageSize']),
    from: parseFrom(`${time}From`, parameters[`${time}From`]),
    untilEmpty: parameters['sort'] === undefined,
  };
}

/** Page 0 is page 1: some clients count from there. */
function parsePage(value: unknown): number {
  if (value === undefined) return 1;
  if (typeof value !== 'string' || !WHOLE_NUMBER.test(value)) {
    throw invalid('page', value, 'one whole number from 1 on; 0 means 1');
  }
  return Math.min(Number(value) || 1, LAST_PAGE);
}

function parsePageSize(value: unknown): number {
  if (value === undefined) return DEFAULT_PAGE_SIZE;
  const size = typeof value === 'string' && WHOLE_NUMBER.test(value) ? Number(value) : 0;
  if (size < 1 || size > LARGEST_PAGE_SIZE) {
    throw invalid('pageSize', value, `one whole number from 1 to ${LARGEST_PAGE_SIZE}`);
  }
  return size;
}

function checkSort(value: unknown, only: string): void {
  if (value !== undefined && value !== only) {
    throw invalid('sort', value, `${only}, or no sort at all: a feed has one order`);
  }
}

function parseFrom(name: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const instant = typeof value === 'string' ? parseTime(value.replace(SPACE_BEFORE_OFFSET, '+')) : undefined;
  if (instant === undefined) {
    throw invalid(name, value, 'one RFC 3339 time with a zone, e.g. 2026-03-04T05:06:07.089Z');
  }
  // Feed times are whole milliseconds: at or after a fraction of one means at or after the next.
  return instant.milliseconds + (instant.nanoseconds > 0 ? 1 : 0);
}

function invalid(name: string, found: unknown, expected: string): ContractError {
  return unprocessable(`Invalid parameter ${name}`, `${name} is ${shown(found)}, expected ${expected}.`);
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `given ${value.length} times`;
  const text = String(value);
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}
