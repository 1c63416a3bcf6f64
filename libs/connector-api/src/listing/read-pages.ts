/** Reads a short list, e.g. a list of accounts, to its end or until the caller has found the required row. */
import { EndlessListDetector } from './endless-list-detector.js';
import { createEndlessError } from './read-list-response.js';
import type { TokenPage } from './listing.types.js';

/** The maximum number of pages. A list that is read completely each time should be much shorter, so more pages are an error. */
const MAX_PAGES = 10_000;

/**
 * Yields the rows of each page: `for await (const rows of readPages((token) => client.listPayouts(token)))`. There is no cursor, so use the
 * function only for lists that are read completely each time. Long lists need a strategy, e.g. `oldestFirst`.
 * @param fetchPage requests a page. Its argument `token` is `next` of the previous page, or absent for the first page
 * @throws PspError `unavailable` if the PSP's token leads to a page that was already read, after 1 000 pages without rows, or after 10 000
 * pages
 */
export async function* readPages<Row>(
  fetchPage: (token: string | undefined) => Promise<TokenPage<Row>>,
): AsyncGenerator<Row[]> {
  const detector = new EndlessListDetector<Row>();
  let token: string | undefined;
  for (let pages = 1; ; pages += 1) {
    const page = await fetchPage(token);
    yield page.rows;
    detector.addPage(page);
    token = page.next;
    if (token === undefined) return;
    if (pages >= MAX_PAGES) throw createEndlessError(`${MAX_PAGES} pages`);
  }
}

/**
 * Reads a short list completely: `readAllRows((token) => client.listAccounts(token), ({ id }) => id)`.
 * @param getId returns the id of a row. Absent for rows without ids, which can be equal; they must not change during the reading
 * @returns each row once. If rows are added during the reading, a row can be on two pages. Then the row of the later page is returned
 * @throws PspError in the same cases as `readPages`
 */
export async function readAllRows<Row>(
  fetchPage: (token: string | undefined) => Promise<TokenPage<Row>>,
  getId?: (row: Row) => string,
): Promise<Row[]> {
  const rows = new Map<string | number, Row>();
  for await (const page of readPages(fetchPage))
    for (const row of page) rows.set(getId?.(row) ?? rows.size, row);
  return [...rows.values()];
}
