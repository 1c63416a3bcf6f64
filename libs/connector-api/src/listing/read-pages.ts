/** Reads a short list to its end, e.g. a list of accounts, or until the caller has found what it looks for. */
import { createLoopError } from './read-list-response.js';
import type { TokenPage } from './listing.types.js';

/**
 * Yields the rows of each page: `for await (const rows of readPages((token) => client.listPayouts(token)))`. It has no cursor, so it is for
 * lists that are read as a whole. Long lists need a strategy, e.g. `oldestFirst`.
 * @param fetchPage requests a page. @param token the `next` of the page before; absent for the first page
 * @throws PspError `unavailable` if the PSP leads back to a page that was read before
 */
export async function* readPages<Row>(
  fetchPage: (token: string | undefined) => Promise<TokenPage<Row>>,
): AsyncGenerator<Row[]> {
  const tokens = new Set<string>();
  let token: string | undefined;
  do {
    const { rows, next }: TokenPage<Row> = await fetchPage(token);
    yield rows;
    if (next !== undefined && tokens.has(next)) throw createLoopError(next);
    if (next !== undefined) tokens.add(next);
    token = next;
  } while (token !== undefined);
}

/**
 * Reads a short list completely: `readAllRows((token) => client.listAccounts(token), ({ id }) => id)`.
 * @returns each row once, although a row can be on two pages when rows are added during the reading. The last page wins
 * @throws PspError as `readPages`
 */
export async function readAllRows<Row>(
  fetchPage: (token: string | undefined) => Promise<TokenPage<Row>>,
  getId: (row: Row) => string,
): Promise<Row[]> {
  const rows = new Map<string, Row>();
  for await (const page of readPages(fetchPage)) for (const row of page) rows.set(getId(row), row);
  return [...rows.values()];
}

/**
 * Searches a list for a row, e.g. for an order by its key. It requests no page after the one with the row.
 * @param isPast returns whether the row that is searched would have come before this one. Default: the list is read to its end
 * @throws PspError as `readPages`
 */
export async function findRowInPages<Row>(
  fetchPage: (token: string | undefined) => Promise<TokenPage<Row>>,
  isWanted: (row: Row) => boolean,
  isPast: (row: Row) => boolean = () => false,
): Promise<Row | undefined> {
  for await (const rows of readPages(fetchPage)) {
    const found = rows.find(isWanted);
    if (found !== undefined || rows.some(isPast)) return found;
  }
  return undefined;
}
