/**
 * Confirms that a list is empty, for a PSP whose response does not contain an empty list: it answers `{}`. A server with a fault can also
 * answer `{}`. If such an answer were taken as an empty list, these rows would never be requested again.
 */
import { PspError } from '../errors.js';
import type { TokenPage } from './listing.types.js';

export interface EmptyListOptions<Row> {
  /**
   * Requests a page.
   * @returns `undefined` for a response that does not contain a list
   */
  fetchPage: () => Promise<TokenPage<Row> | undefined>;
  /**
   * Requests a page of the same list that certainly has rows, e.g. without a filter. It is called only after two responses of `fetchPage`
   * without a list.
   */
  fetchKnownRows: () => Promise<TokenPage<Row> | undefined>;
  /** Returns true for a row that `fetchPage` should have returned. If a known row is such a row, the list is not empty. Default: no row is. */
  isExpected?: (row: Row) => boolean;
}

/**
 * Returns a page. A response without a list counts as an empty page only if the PSP sends it twice and then still returns known rows, which are not
 * rows of this page.
 * @throws PspError `unavailable` if the PSP returns no rows at all, or a row that the page should have contained
 */
export async function confirmEmptyList<Row>({
  fetchPage,
  fetchKnownRows,
  isExpected = () => false,
}: EmptyListOptions<Row>): Promise<TokenPage<Row>> {
  const page = (await fetchPage()) ?? (await fetchPage());
  if (page !== undefined) return page;
  const known = await fetchKnownRows();
  if (hasRows(known) && !known?.rows.some(isExpected)) return { rows: [] };
  throw new PspError(
    'unavailable',
    'the PSP returns a response without a list, also for rows that it has listed before; this is not the end of the list',
  );
}

/** Returns true if a page shows that its list is not empty. */
export function hasRows(page: TokenPage<unknown> | undefined): boolean {
  return page !== undefined && (page.rows.length > 0 || page.next !== undefined);
}
