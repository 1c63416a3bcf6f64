/**
 * A PSP that books new transactions before each pull, with the client of a connector. Requests, parsing and mapping are those of a real
 * connector: the toolkit's HTTP client, and the mapping of Revolut. The PSP runs in its own process, so its processor time is not measured.
 */
import {
  parseMoney,
  type Account,
  type Page,
  type PspClient,
  type Transaction,
} from '@tributary/connector-api';
import { PspHttp, type Json } from '@tributary/connector-api/http';
import { listCurrentAccounts, parseRows } from '@tributary/connector-api';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { toTransactions } from '../libs/psp-plugins/src/revolut-business/revolut-business.mapper.js';

export interface GrowingPspServer {
  origin: string;
  stop(): void;
}

export async function startGrowingPsp(): Promise<GrowingPspServer> {
  const child = fork(fileURLToPath(new URL('./growing-psp-server.js', import.meta.url)));
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { origin: `http://127.0.0.1:${port}`, stop: () => child.disconnect() };
}

/** The client of a connector. Each client has its own number of booked transactions. */
export class GrowingPspClient implements PspClient {
  private readonly http: PspHttp;
  private booked = 0;

  constructor(
    origin: string,
    private readonly rowsPerPage: number,
  ) {
    this.http = new PspHttp({ name: 'bench', baseUrl: origin });
  }

  book(count: number): void {
    this.booked += count;
  }

  accounts(): AsyncGenerator<Page<Account>> {
    const listRows = () => this.list('/accounts', {});
    const toAccount = (row: Json) => ({
      ...{ id: row.string('id'), name: row.string('name'), openedAt: row.time('created_at') },
    });
    const toAmounts = (row: Json) => [parseMoney(row.decimal('balance'), row.string('currency'))];
    return listCurrentAccounts([{ listRows, idProperty: 'id', toAccount, toAmounts }], this.http.clock);
  }

  async *transactions(since?: string): AsyncGenerator<Page<Transaction>> {
    for (let first = Number(since ?? 0); first < this.booked; first += this.rowsPerPage) {
      const rows = await this.list('/transactions', { first, count: this.rowsPerPage });
      yield { items: parseRows(rows, 'id', toTransactions), cursor: String(first + rows.length) };
    }
  }

  close(): void {
    this.http.onApplicationShutdown();
  }

  private async list(path: string, query: Record<string, number>): Promise<Json[]> {
    return (await this.http.get(path, { query: { ...query, booked: this.booked } })).array();
  }
}
