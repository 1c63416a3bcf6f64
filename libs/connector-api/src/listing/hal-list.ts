/** Requests the pages of a list with HAL links (JSON Hypertext Application Language). */
import type { Json } from '../http/json-accessors.js';
import type { PspHttp } from '../http/psp-http.js';
import { PspResponseError } from '../http/psp-response-error.js';
import type { RequestOptions } from '../http/request.types.js';
import { readScalar } from '../mapping/pick-metadata.js';
import type { TokenPage } from './listing.types.js';
import { PageTokenExpiredError } from './newest-first-listing.js';
import { readHalPage } from './read-list-response.js';

export interface HalPageRequest extends Pick<RequestOptions, 'params' | 'query' | 'signal'> {
  /** The name of the list in `_embedded`. */
  property: string;
  /** The query parameter that contains the position of a page, e.g. `from` or `page`. */
  parameter: string;
  /** The position of the page; absent for the first page. */
  token?: string | undefined;
  /**
   * The property with the id of a row. Set it if the position of a page is the id of the page's first row. A response without links then
   * ends the list only if it contains no other row than the one at its position.
   */
  idProperty?: string;
}

/**
 * Requests one page: `requestHalPage(http, '/v2/payments', { property: 'payments', parameter: 'from', token })`.
 * @throws PageTokenExpiredError if the PSP responds 400 or 404 to a position, because the row of the position has vanished
 * @throws PspError in the same cases as `PspHttp.get` and `readHalPage`
 */
export async function requestHalPage(
  http: PspHttp,
  path: string,
  { property, parameter, token, idProperty, query, ...options }: HalPageRequest,
): Promise<TokenPage<Json>> {
  const response = await http
    .get(path, { ...options, query: { ...query, [parameter]: token } })
    .catch((error: unknown) => throwExpired(error, token));
  const page = readHalPage(response, property, parameter);
  const last = page.rows.at(-1);
  if (idProperty === undefined || last === undefined || response.has('_links')) return page;
  const next = readScalar(last, idProperty);
  return next === undefined || next === token ? page : { ...page, next };
}

function throwExpired(error: unknown, token: string | undefined): never {
  const isRejected = error instanceof PspResponseError && error.kind === 'rejected';
  if (token === undefined || !isRejected || ![400, 404].includes(error.status)) throw error;
  throw new PageTokenExpiredError(error.message, { cause: error });
}
