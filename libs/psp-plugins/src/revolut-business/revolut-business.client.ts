/** The part of Revolut's Business API that the plugin uses: paths, queries and bodies. Responses stay unchecked `Json` for the mapper. */
import { Injectable } from '@nestjs/common';
import { formatTime } from '@tributary/connector-api';
import { PspHttp } from '@tributary/connector-api/http';
import type { Json, JsonBody, Query } from '@tributary/connector-api/http';

/** Maximum page size. Source: `count` of GET /transactions, `limit` of GET /counterparties. */
export const MAX_PAGE_SIZE = 1000;

/** Query of the transaction list. Times are in milliseconds since 1970. */
export interface TransactionQuery {
  /** Inclusive. */
  from: number;
  /** Exclusive. */
  to: number;
  count?: number;
  type?: string;
  states?: readonly string[];
  requestId?: string;
}

@Injectable()
export class RevolutBusinessClient {
  constructor(private readonly http: PspHttp) {}

  async listAccounts(): Promise<Json[]> {
    return (await this.http.get('/accounts')).array();
  }

  /**
   * Returns counterparties, newest first.
   * @param before milliseconds since 1970, exclusive
   */
  async listCounterparties(before: number, limit: number): Promise<Json[]> {
    return this.getList('/counterparties', { created_before: formatTime(before), limit });
  }

  /** Returns transactions, newest first. */
  async listTransactions({ from, to, count, type, states, requestId }: TransactionQuery): Promise<Json[]> {
    return this.getList('/transactions', {
      from: formatTime(from),
      to: formatTime(to),
      count,
      type,
      state: states,
      request_id: requestId,
    });
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

  private async getList(path: string, query: Query): Promise<Json[]> {
    return (await this.http.get(path, { query })).array();
  }
}
