/** Reads the rows of a list response. A response without its list is an error, not the end of the list. */
import { InvalidRecordError, PspError } from '../errors.js';
import type { Json } from '../http/json-accessors.js';
import { parseTime } from '../time.js';
import type { RowReader, TokenPage } from './listing.types.js';

/**
 * Returns the rows at `path` of a response: `requireRows(response, '_embedded', 'payments')`.
 * @throws PspError `unavailable` if there is no list, e.g. for `{}`, `null` or an empty body with status 204. The listing then repeats the
 * request later, instead of treating the response as an empty list
 */
export function requireRows(response: Json, ...path: string[]): Json[] {
  try {
    return response.array(...path);
  } catch (error) {
    if (!(error instanceof InvalidRecordError)) throw error;
    throw new PspError(
      'unavailable',
      `the response contains no list: ${error.message}; a response without a list is not the end of the list`,
    );
  }
}

/**
 * Returns the rows of a list that always has rows, e.g. the balances of an account. If an empty list were accepted, every balance would be
 * served as zero.
 * @throws PspError `unavailable` if there is no list, or if it is empty
 */
export function requireSomeRows(response: Json, ...path: string[]): Json[] {
  const rows = requireRows(response, ...path);
  if (rows.length > 0) return rows;
  throw new PspError('unavailable', `the list "${path.join('.')}" is empty, and it always has rows`);
}

/**
 * Reads a page of a list whose next page is requested with a token: `readTokenPage(response, 'data', 'cursor')`.
 * @param rowsProperty the property with the rows
 * @param tokenProperty the property with the token of the next page. On the last page it is absent, null or empty
 * @throws PspError `unavailable` if there is no list, or if the token is neither a string nor a number
 */
export function readTokenPage(response: Json, rowsProperty: string, tokenProperty: string): TokenPage<Json> {
  const rows = requireRows(response, rowsProperty);
  const next = readToken(response, tokenProperty);
  return next === undefined ? { rows } : { rows, next };
}

/**
 * Reads a page of a list whose responses always contain an object with cursors: `{"meta": {"cursors": {"before": null, "after": null}}}`.
 * @param cursors the path to this object, and its property with the token of the next page. The token is null on the last page
 * @throws PspError `unavailable` if there is no list, no such object, or no such property, because this does not mean the end of the list
 */
export function readCursorPage(
  response: Json,
  rowsProperty: string,
  cursors: { path: readonly string[]; next: string },
): TokenPage<Json> {
  const rows = requireRows(response, rowsProperty);
  const found = response.at(...cursors.path);
  const token = readToken(found, cursors.next);
  if (found.propertyNames().includes(cursors.next))
    return token === undefined ? { rows } : { rows, next: token };
  throw new PspError(
    'unavailable',
    `the list "${rowsProperty}" has no ${[...cursors.path, cursors.next].join('.')}, which says whether it ends here`,
  );
}

/**
 * Reads the token of the next page.
 * @throws PspError `unavailable` if the token is neither a string nor a number
 */
function readToken(response: Json, property: string): string | undefined {
  const token = response.at(property);
  if (token.has() && !/^["\d]/.test(token.toJsonString())) {
    throw new PspError(
      'unavailable',
      `the token "${property}" of the next page is ${token.toJsonString().slice(0, 100)}; expected a string or a number`,
    );
  }
  const text = token.scalar();
  return text === '' ? undefined : text;
}

/**
 * Reads a page of a list with HAL links (JSON Hypertext Application Language): the rows are at `_embedded.<property>`, and the next page is
 * the link `_links.next`. The link can point to another host. Therefore only one query parameter of the link is used, as the token of the
 * next page.
 * @param parameter the query parameter with the position, e.g. `from` or `page`
 * @returns a page without `next` if there are links but no link to a next page; it is the last page
 * @throws PspError `unavailable` if there is no list, or if the link does not contain the parameter
 */
export function readHalPage(response: Json, property: string, parameter: string): TokenPage<Json> {
  return readLinkedPage(response, ['_embedded', property], parameter);
}

/**
 * Reads a page of a list at any path. The next page is the link `_links.next`, see `readHalPage`:
 * `readLinkedPage(response, ['data'], 'cursor')`.
 * @throws PspError in the same cases as `readHalPage`
 */
export function readLinkedPage(response: Json, path: readonly string[], parameter: string): TokenPage<Json> {
  const rows = requireRows(response, ...path);
  if (!response.has('_links', 'next')) return { rows };
  const href = response.scalar('_links', 'next', 'href') ?? response.scalar('_links', 'next');
  const next = URL.parse(href ?? '', 'https://psp.invalid')?.searchParams.get(parameter);
  if (next) return { rows, next };
  throw new PspError(
    'unavailable',
    `the link to the next page has no "${parameter}"; expected …?${parameter}=<position>`,
  );
}

/**
 * Creates the error for a listing that does not seem to end, because each page has a new token.
 * @param pages the number of pages read so far, for the message: `"1000 pages"`
 */
export function createEndlessError(pages: string): PspError {
  return new PspError(
    'unavailable',
    `the listing does not end: the PSP returned ${pages}, each with another link to the next page; expected a page without a link`,
  );
}

/** Creates the error for a listing that cannot end, because the PSP's token leads to a page that was already read. */
export function createLoopError(token: string): PspError {
  return new PspError(
    'unavailable',
    `the listing does not end: the PSP's link to the next page leads to ${JSON.stringify(token.slice(0, 100))}, which was read before; expected another page, or no link`,
  );
}

/**
 * Creates a reader of the id and the time of a row: `createJsonRowReader('id', 'created_at')`. A row without an id is identified by its
 * whole JSON.
 * @param timeProperty the property with an RFC 3339 time
 */
export function createJsonRowReader(idProperty: string, timeProperty: string): RowReader<Json> {
  return {
    getId: (row) => getStringOrUndefined(row, idProperty) ?? row.toJsonString(),
    getTime: (row) => parseTime(getStringOrUndefined(row, timeProperty) ?? '')?.milliseconds,
  };
}

/**
 * Returns the string at a property, or `undefined` if the property has another type. No error is thrown, because an invalid row must not
 * stop a listing. Such a row is rejected later, when it is converted.
 */
function getStringOrUndefined(row: Json, property: string): string | undefined {
  try {
    return row.optionalString(property);
  } catch {
    return undefined;
  }
}
