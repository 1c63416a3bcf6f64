/**
 * Encodes the position of a page as a token. Clients send the token back to get the next page: `after=<token>`. Only the gateway interprets
 * the token.
 */
import { createUnprocessableError } from '@tributary/connector-api/contract';
import type { OperatorRequest } from './endpoint.types.js';

type PositionValue = string | number;

/** Returns the token for a position. */
export function encodePosition(...values: readonly PositionValue[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/**
 * Returns the values in a token.
 * @param kinds the type of each value, in the sequence in which the values were encoded
 * @throws ContractError 422 if the token does not belong to this list
 */
export function decodePosition<const Kinds extends readonly ('string' | 'number')[]>(
  token: string | number | boolean | undefined,
  kinds: Kinds,
): { [Index in keyof Kinds]: Kinds[Index] extends 'string' ? string : number } | undefined {
  if (token === undefined) return undefined;
  const values = parseToken(String(token));
  const isValid =
    values?.length === kinds.length &&
    values.every((value, index) =>
      kinds[index] === 'number' ? Number.isSafeInteger(value) : isStorableText(value),
    );
  if (!isValid)
    throw createUnprocessableError(
      'Invalid parameter after',
      'after is not a position of this list; expected the value of next from the page before.',
    );
  return values as { [Index in keyof Kinds]: Kinds[Index] extends 'string' ? string : number };
}

function parseToken(token: string): unknown[] | undefined {
  try {
    const values: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    return Array.isArray(values) ? values : undefined;
  } catch {
    return undefined;
  }
}

/** Returns false for a text with the character U+0000, because PostgreSQL cannot compare such a text. */
function isStorableText(value: unknown): boolean {
  return typeof value === 'string' && !value.includes('\0');
}

/** One page of a list. `next` is `null` at the end. */
export interface PageOf<T> {
  items: T[];
  next: string | null;
}

/**
 * Builds a page from at most `limit + 1` entries that were read. The additional entry shows whether there is a next page.
 * @param toPosition returns the position after an entry
 */
export function toPage<Entry, View>(
  entries: readonly Entry[],
  limit: number,
  toView: (entry: Entry) => View,
  toPosition: (entry: Entry) => string,
): PageOf<View> {
  const page = entries.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(toView),
    next: entries.length > limit && last !== undefined ? toPosition(last) : null,
  };
}

/**
 * Returns the requested page of a complete list.
 * @param entries sorted by their names
 * @throws ContractError 422 if `after` in the request is not a position of such a list
 */
export function takePage<Entry>(
  entries: readonly Entry[],
  query: OperatorRequest['query'],
  getName: (entry: Entry) => string,
): PageOf<Entry> {
  const [after = ''] = decodePosition(query['after'], ['string']) ?? [];
  const rest = entries.filter((entry) => getName(entry) > after);
  return toPage(
    rest,
    Number(query['limit']),
    (entry) => entry,
    (entry) => encodePosition(getName(entry)),
  );
}
