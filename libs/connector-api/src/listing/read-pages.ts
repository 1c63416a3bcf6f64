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
