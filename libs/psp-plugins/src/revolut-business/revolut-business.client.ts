/**
 * The HTTP client for the part of Revolut's Business API that the plugin uses: paths, queries and bodies. Responses are returned as
 * unchecked `Json`, and checked when they are converted.
 */
import { Injectable } from '@nestjs/common';
import { formatTime } from '@tributary/connector-api';
import { PspHttp } from '@tributary/connector-api/http';
import type { Json, JsonBody, QueryParameters } from '@tributary/connector-api/http';
import { createJsonRowReader, requireRows } from '@tributary/connector-api/listing';
import type { ListingContext, TimeWindowSource } from '@tributary/connector-api/listing';
import type { RevolutBusinessSettings } from './revolut-business.config.js';

/** The objects that the functions of this plugin share. */
export interface RevolutBusinessContext extends ListingContext {
  client: RevolutBusinessClient;
  settings: RevolutBusinessSettings;
}

/**
 * Describes how Revolut lists transactions and counterparties. The maximum page size is that of `count` (GET /transactions) and `limit`
 * (GET /counterparties).
 */
export const REVOLUT_LISTS: Omit<TimeWindowSource<Json>, 'fetchPage'> = {
  ...createJsonRowReader('id', 'created_at'),
  ...{ order: 'newest-first', paging: 'time', resolutionMs: 1, maxPageSize: 1000 },
};

/** The query of the transaction list. Times are milliseconds since 1970. */
export interface TransactionQuery {
  /** The start of the time range (inclusive). */
  from: number;
  /** The end of the time range (exclusive). */
  to: number;
  count?: number;
  type?: string | undefined;
  state?: readonly string[];
  request_id?: string;
}

@Injectable()
export class RevolutBusinessClient {
  constructor(private readonly http: PspHttp) {}

  listAccounts(signal?: AbortSignal): Promise<Json[]> {
    return this.getList('/accounts', {}, signal);
  }

  /**
   * Returns counterparties, newest first.
   * @param before the end of the time range (exclusive), in milliseconds since 1970
   */
  listCounterparties(before: number, limit: number, signal?: AbortSignal): Promise<Json[]> {
    return this.getList('/counterparties', { created_before: formatTime(before), limit }, signal);
  }

  /** Returns transactions, newest first. */
  listTransactions({ from, to, ...query }: TransactionQuery, signal?: AbortSignal): Promise<Json[]> {
    const times = { from: formatTime(from), to: formatTime(to) };
    return this.getList('/transactions', { ...times, ...query }, signal);
  }

  getTransaction(id: string): Promise<Json | undefined> {
    return this.http.find('/transaction/{id}', { params: { id } });
  }

  createPayment(body: JsonBody): Promise<Json> {
    return this.http.post('/pay', { body });
  }

  createTransfer(body: JsonBody): Promise<Json> {
    return this.http.post('/transfer', { body });
  }

  private async getList(
    path: string,
    query: QueryParameters,
    signal: AbortSignal | undefined,
  ): Promise<Json[]> {
    return requireRows(await this.http.get(path, { query, signal }));
  }
}
