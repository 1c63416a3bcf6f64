/** The parts of Adyen's Configuration API (`/bcl/v2`) and Transfers API (`/btl/v4`) that the plugin uses. Responses stay unchecked `Json`. */
import { Injectable } from '@nestjs/common';
import { formatTime, parseTime, readText, readTexts } from '@tributary/connector-api';
import type { FeedReader } from '@tributary/connector-api';
import { PspHttp } from '@tributary/connector-api/http';
import type { Json, JsonBody } from '@tributary/connector-api/http';
import { readLinkedPage, readOffsetPage } from '@tributary/connector-api/listing';
import type { ListingContext, PayeeListingOptions, TimeWindowQuery } from '@tributary/connector-api/listing';
import { AdyenBalancePlatformSettings } from './adyen-balance-platform.config.js';

/** What the functions of this plugin need. */
export interface AdyenBalancePlatformContext extends ListingContext {
  client: AdyenBalancePlatformClient;
  settings: AdyenBalancePlatformSettings;
  feedReader: FeedReader;
}

/** Both sides of an internal transfer can have one id, so the id of a row contains its balance account. */
export function getRowId(row: Json): string {
  const id = readText(row, 'id');
  return id === undefined ? row.toJsonString() : `${id}/${readText(row, 'balanceAccount', 'id') ?? ''}`;
}

/** How transfers and transactions are listed. Source: GET /transfers, which accepts a window of at most six months. */
export const ADYEN_LISTS = {
  ...{ getId: getRowId, idPath: ['id'], order: 'oldest-first', paging: 'token', resolutionMs: 1000 },
  // Responses of an older version have no `createdAt`. Their `creationDate` is the same for all events of a transfer.
  getTime: (row) => parseTime(readTexts(row, { time: 'createdAt creationDate' }).time ?? '')?.milliseconds,
  maxWindowMs: 180 * 86_400_000,
  // Rows can appear late, and clocks differ.
  overlapMs: 3_600_000,
} satisfies Partial<PayeeListingOptions>;

/** The query of a list that is read by time. `category` and `reference` are filters of GET /transfers. */
interface AdyenListQuery extends Pick<TimeWindowQuery, 'from' | 'to' | 'token'> {
  category?: string;
  reference?: string;
}

/** The lists that are paged by the number of rows to skip. */
const OFFSET_LISTS = {
  accountHolders: '/bcl/v2/balancePlatforms/{id}/accountHolders',
  balanceAccounts: '/bcl/v2/accountHolders/{id}/balanceAccounts',
} as const;

@Injectable()
export class AdyenBalancePlatformClient {
  constructor(
    private readonly http: PspHttp,
    private readonly settings: AdyenBalancePlatformSettings,
  ) {}

  /** Returns a page of the account holders of a balance platform, or of the balance accounts of an account holder. */
  async listByOffset(list: keyof typeof OFFSET_LISTS, id: string, offset: number, signal?: AbortSignal) {
    const request = { params: { id }, query: { offset, limit: this.settings.pageSize }, signal };
    return readOffsetPage(await this.http.get(OFFSET_LISTS[list], request), list, 'hasNext');
  }

  findBalanceAccount(id: string): Promise<Json | undefined> {
    return this.http.find('/bcl/v2/balanceAccounts/{id}', { params: { id } });
  }

  /**
   * Returns a page of the transfers, or of their bookings (`transactions`), that were created in a time window, oldest first. Both ends of a
   * window are inclusive, so a row at the border of two windows is listed twice.
   */
  async listByTime(
    list: 'transfers' | 'transactions',
    { from, to, token: cursor, category, reference }: AdyenListQuery,
    signal?: AbortSignal,
  ) {
    const { balancePlatform, pageSize: limit } = this.settings;
    const times = { createdSince: formatTime(from), createdUntil: formatTime(to) };
    const query = { balancePlatform, ...times, category, reference, sortOrder: 'asc', limit, cursor };
    return readLinkedPage(await this.http.get(`/btl/v4/${list}`, { query, signal }), ['data'], 'cursor');
  }

  findTransfer(id: string, signal?: AbortSignal): Promise<Json | undefined> {
    return this.http.find('/btl/v4/transfers/{id}', { params: { id }, signal });
  }

  createTransfer(key: string, body: JsonBody): Promise<Json> {
    return this.http.post('/btl/v4/transfers', { headers: { 'idempotency-key': key }, body });
  }
}
