/** The parts of Adyen's Configuration API (`/bcl/v2`) and Transfers API (`/btl/v4`) that the plugin uses. Responses stay unchecked `Json`. */
import { Injectable } from '@nestjs/common';
import { formatTime, parseTime, readText } from '@tributary/connector-api';
import type { FeedReader } from '@tributary/connector-api';
import { PspHttp } from '@tributary/connector-api/http';
import type { Json, JsonBody, QueryParameters } from '@tributary/connector-api/http';
import { readLinkedPage, readOffsetPage } from '@tributary/connector-api/listing';
import type {
  ListingContext,
  OffsetPage,
  TimeWindowQuery,
  TimeWindowSource,
  TokenPage,
} from '@tributary/connector-api/listing';
import { AdyenBalancePlatformSettings } from './adyen-balance-platform.config.js';

/** What the functions of this plugin need. */
export interface AdyenBalancePlatformContext extends ListingContext {
  client: AdyenBalancePlatformClient;
  settings: AdyenBalancePlatformSettings;
  feedReader: FeedReader;
}

type TransferWindow = Pick<TimeWindowQuery, 'from' | 'to' | 'token'>;

/** Both sides of an internal transfer can have one id, so the id of a row contains its balance account. */
export function getRowId(row: Json): string {
  const id = readText(row, 'id');
  return id === undefined ? row.toJsonString() : `${id}/${readText(row, 'balanceAccount', 'id') ?? ''}`;
}

/** How transfers and transactions are listed. Source: GET /transfers, which accepts a window of at most six months. */
export const ADYEN_LISTS: Omit<TimeWindowSource<Json>, 'fetchPage'> & { maxWindowMs: number } = {
  getId: getRowId,
  // Responses of an older version have no `createdAt`. Their `creationDate` is the same for all events of a transfer.
  getTime: (row) =>
    parseTime(readText(row, 'createdAt') ?? readText(row, 'creationDate') ?? '')?.milliseconds,
  ...{ order: 'oldest-first', paging: 'token', resolutionMs: 1000, maxWindowMs: 180 * 86_400_000 },
};

@Injectable()
export class AdyenBalancePlatformClient {
  constructor(
    private readonly http: PspHttp,
    private readonly settings: AdyenBalancePlatformSettings,
  ) {}

  async listAccountHolders(offset: number, signal?: AbortSignal): Promise<OffsetPage<Json>> {
    const { balancePlatform: id, pageSize: limit } = this.settings;
    const request = { params: { id }, query: { offset, limit }, signal };
    const response = await this.http.get('/bcl/v2/balancePlatforms/{id}/accountHolders', request);
    return readOffsetPage(response, 'accountHolders', 'hasNext');
  }

  async listBalanceAccounts(id: string, offset: number, signal?: AbortSignal): Promise<OffsetPage<Json>> {
    const request = { params: { id }, query: { offset, limit: this.settings.pageSize }, signal };
    const response = await this.http.get('/bcl/v2/accountHolders/{id}/balanceAccounts', request);
    return readOffsetPage(response, 'balanceAccounts', 'hasNext');
  }

  findBalanceAccount(id: string): Promise<Json | undefined> {
    return this.http.find('/bcl/v2/balanceAccounts/{id}', { params: { id } });
  }

  /** Returns a page of the transfers that were created in a time window, oldest first. */
  listTransfers(window: TransferWindow, signal?: AbortSignal, filter: QueryParameters = {}) {
    return this.listByTime('/btl/v4/transfers', window, signal, filter);
  }

  /** Returns a page of the bookings that were created in a time window, oldest first. */
  listTransactions(window: TransferWindow, signal?: AbortSignal) {
    return this.listByTime('/btl/v4/transactions', window, signal);
  }

  findTransfer(id: string, signal?: AbortSignal): Promise<Json | undefined> {
    return this.http.find('/btl/v4/transfers/{id}', { params: { id }, signal });
  }

  createTransfer(key: string, body: JsonBody): Promise<Json> {
    return this.http.post('/btl/v4/transfers', { headers: { 'idempotency-key': key }, body });
  }

  /** Both ends of a window are inclusive, so a row at the border of two windows is listed twice. */
  private async listByTime(
    path: string,
    { from, to, token: cursor }: TransferWindow,
    signal: AbortSignal | undefined,
    filter: QueryParameters = {},
  ): Promise<TokenPage<Json>> {
    const { balancePlatform, pageSize: limit } = this.settings;
    const times = { createdSince: formatTime(from), createdUntil: formatTime(to) };
    const query = { balancePlatform, ...times, ...filter, sortOrder: 'asc', limit, cursor };
    return readLinkedPage(await this.http.get(path, { query, signal }), ['data'], 'cursor');
  }
}
