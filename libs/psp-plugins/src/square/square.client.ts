/**
 * The HTTP client for the part of Square's API that the plugin uses: paths, queries and pages. Rows are returned as unchecked `Json`, and
 * checked when they are converted.
 */
import { Injectable } from '@nestjs/common';
import { formatTime, PspError } from '@tributary/connector-api';
import { PspHttp } from '@tributary/connector-api/http';
import type { Json, QueryParameters } from '@tributary/connector-api/http';
import { readAllRows, readTokenPage, requireRows } from '@tributary/connector-api/listing';
import type { TimeWindowQuery, TokenPage } from '@tributary/connector-api/listing';

/** The maximum page size of every list that has the parameter `limit`. Source: `limit` of GET /v2/payments. */
const MAX_PAGE_SIZE = 100;

/**
 * The lists that are read by time. Payments and refunds are listed by the time of their last change. Without `begin_time`, Square returns
 * only rows that were created in the last year.
 */
const TIMED_LISTS = {
  /** The list needs the permission PAYMENTS_READ. Without `location_id`, Square lists only the main location. */
  payments: { path: '/v2/payments', rows: 'payments', isByUpdate: true },
  /** The list needs the permission PAYMENTS_READ. */
  refunds: { path: '/v2/refunds', rows: 'refunds', isByUpdate: true },
  /** The list needs the permission PAYOUTS_READ. Without `location_id`, Square lists only the main location. */
  payouts: { path: '/v2/payouts', rows: 'payouts', isByUpdate: false },
} as const;
export type TimedList = keyof typeof TIMED_LISTS;

export interface TimedListQuery extends TimeWindowQuery {
  /** A time in milliseconds since 1970. Only rows that were created at this time or later are listed. */
  createdFrom: number;
  location_id?: string | undefined;
  status?: string;
}

@Injectable()
export class SquareClient {
  constructor(private readonly http: PspHttp) {}

  /** Returns the seller, as a list with one merchant. It needs the permission MERCHANT_PROFILE_READ, and so does `listLocations`. */
  async listMerchants(signal?: AbortSignal): Promise<Json[]> {
    return requireRows(await this.http.get('/v2/merchants', { signal }), 'merchant');
  }

  /** Returns all locations, including inactive locations. The list has no pages. */
  async listLocations(signal?: AbortSignal): Promise<Json[]> {
    return requireRows(await this.http.get('/v2/locations', { signal }), 'locations');
  }

  /** Returns all bank accounts. It needs the permission BANK_ACCOUNTS_READ. */
  listBankAccounts(signal?: AbortSignal): Promise<Json[]> {
    return readAllRows(
      async (cursor) =>
        (await this.getPage('/v2/bank-accounts', 'bank_accounts', { cursor }, signal)) ?? { rows: [] },
      (row) => row.optionalString('id') ?? row.toJsonString(),
    );
  }

  /**
   * Returns a page of all disputes. It needs the permission DISPUTES_READ. An empty list is not confirmed by a second request, because the
   * next listing reads the whole list again.
   */
  async listDisputes(cursor: string | undefined, signal: AbortSignal): Promise<TokenPage<Json>> {
    return (await this.getPage('/v2/disputes', 'disputes', { cursor }, signal)) ?? { rows: [] };
  }

  /** Returns a page of a list that is read by time, oldest row first. The result is `undefined` if the response is `{}`. */
  listByTime(
    list: TimedList,
    { from, to, token: cursor, limit = MAX_PAGE_SIZE, createdFrom, location_id, status }: TimedListQuery,
    signal: AbortSignal,
  ): Promise<TokenPage<Json> | undefined> {
    const { path, rows, isByUpdate } = TIMED_LISTS[list];
    const [begin, end] = [formatTime(from), formatTime(to)];
    const window = isByUpdate
      ? {
          ...{ begin_time: formatTime(createdFrom), end_time: end, sort_field: 'UPDATED_AT' },
          ...{ updated_at_begin_time: begin, updated_at_end_time: end },
        }
      : { begin_time: begin, end_time: end };
    const query = { ...window, sort_order: 'ASC', location_id, status, limit, cursor };
    return this.getPage(path, rows, query, signal);
  }

  /**
   * Returns a page of the entries of a batch payout. It needs the permission PAYOUTS_READ.
   * @throws PspError `unavailable` if the response is `{}`, because a payout always has an amount and thus entries
   */
  async listPayoutEntries(id: string, cursor: string | undefined, signal: AbortSignal) {
    const query = { sort_order: 'ASC', limit: MAX_PAGE_SIZE, cursor };
    const response = await this.http.get('/v2/payouts/{id}/payout-entries', {
      params: { id },
      query,
      signal,
    });
    return readPage(response, 'payout_entries') ?? readTokenPage(response, 'payout_entries', 'cursor');
  }

  private async getPage(path: string, rows: string, query: QueryParameters, signal?: AbortSignal) {
    return readPage(await this.http.get(path, { query, signal }), rows);
  }
}

/**
 * Reads a page. If a list is empty, Square omits the property of the list. A page without rows is `{"cursor":"…"}`, and the last page
 * without rows is `{}`, or an empty cursor.
 * @returns `undefined` for `{}`, because a fault can cause this response, too
 * @throws PspError `unavailable` for any other response without a list, and for a response with errors
 */
function readPage(response: Json, rows: string): TokenPage<Json> | undefined {
  if (response.has('errors', 0)) {
    const code = response.at('errors', 0, 'code').scalar() ?? 'errors';
    throw new PspError('unavailable', `Square: a list of ${rows} came with ${code}`);
  }
  if (response.has(rows)) return readTokenPage(response, rows, 'cursor');
  const next = response.at('cursor').scalar();
  if (next !== undefined && next !== '') return { rows: [], next };
  return /^\{("cursor":(""|null))?\}$/.test(response.toJsonString())
    ? undefined
    : readTokenPage(response, rows, 'cursor');
}
