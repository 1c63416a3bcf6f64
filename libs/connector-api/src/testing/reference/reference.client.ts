/** The HTTP client of the reference PSP. It contains the paths, the parameters, and the location of the rows in a response. */
import { Injectable } from '@nestjs/common';
import { formatAmount, formatTime } from '@tributary/connector-api';
import type { Order } from '@tributary/connector-api';
import { JsonNumber, PspHttp } from '@tributary/connector-api/http';
import type { Json } from '@tributary/connector-api/http';
import { requireRows } from '@tributary/connector-api/listing';

const PAGE_SIZE = 20;

export interface ListPage {
  rows: Json[];
  /** The token of the next page. Absent on the last page. */
  next?: string | undefined;
}

@Injectable()
export class ReferenceClient {
  constructor(private readonly http: PspHttp) {}

  /** Returns one page, oldest row first. */
  async list(resource: 'accounts' | 'payees', after: string | undefined): Promise<ListPage> {
    const page = await this.http.get(`/${resource}`, { query: { after, limit: PAGE_SIZE } });
    return { rows: requireRows(page, 'rows'), next: page.optionalString('next') };
  }

  /**
   * Returns one page of the transactions of an account, newest first.
   * @param from the start of the time range (inclusive), in ms since 1970
   * @param to the end of the time range (exclusive), in ms since 1970
   */
  async transactions(account: string, from: number, to: number, next?: string): Promise<ListPage> {
    const query = { account, from: formatTime(from), to: formatTime(to), after: next, limit: PAGE_SIZE };
    const page = await this.http.get('/transactions', { query });
    return { rows: requireRows(page, 'rows'), next: page.optionalString('next') };
  }

  balance(accountId: string): Promise<Json> {
    return this.http.get('/accounts/{id}/balance', { params: { id: accountId } });
  }

  pay(order: Order): Promise<Json> {
    const { idempotencyKey: key, kind, amount, sourceAccountId: from, destinationAccountId: to } = order;
    const [currency = ''] = amount.asset.split('/');
    const body = { key, kind, from, to, amount: new JsonNumber(formatAmount(amount)), currency };
    return this.http.post('/payments', { body });
  }

  payment(key: string): Promise<Json | undefined> {
    return this.http.find('/payments/{key}', { params: { key } });
  }
}
