/** A small ledger that replaces the company's Formance Ledger. It has the two lists of the Ledger API v2 that reconciliation reads. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const LEDGER_NAME = 'main';
const PAGE_SIZE = 1000;

export interface Booking {
  reference: string;
  /** The time in RFC 3339. */
  timestamp: string;
  postings: readonly Posting[];
}

export interface Posting {
  source: string;
  destination: string;
  asset: string;
  /** The amount in minor units. */
  amount: bigint;
}

export class DemoLedger {
  private readonly bookings: (Booking & { id: number })[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<DemoLedger> {
    const server = createServer();
    const ledger = new DemoLedger(server);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const url = new URL(request.url ?? '/', 'http://ledger');
      const body = ledger.answer(url.pathname, url.searchParams.get('query') ?? '{}');
      response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(body ?? '{"errorCode":"NOT_FOUND"}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return ledger;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  book(booking: Booking): void {
    this.bookings.push({ id: this.bookings.length + 1, ...booking });
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
  }

  private answer(path: string, query: string): string | undefined {
    switch (path) {
      case `/v2/${LEDGER_NAME}/transactions`:
        return this.listTransactions(query);
      case `/v2/${LEDGER_NAME}/aggregate/balances`:
        return this.sumBalances(query);
      default:
        return undefined;
    }
  }

  private listTransactions(query: string): string {
    const afterId = (JSON.parse(query) as { $gt?: { id?: number } }).$gt?.id ?? 0;
    const rows = this.bookings.filter(({ id }) => id > afterId).slice(0, PAGE_SIZE);
    return JSON.stringify({ cursor: { data: rows } }, toJsonNumber);
  }

  private sumBalances(query: string): string {
    const address = (JSON.parse(query) as { $match?: { address?: string } }).$match?.address;
    const balances: Record<string, bigint> = {};
    for (const { source, destination, asset, amount } of this.bookings.flatMap(({ postings }) => postings)) {
      if (source === address) balances[asset] = (balances[asset] ?? 0n) - amount;
      if (destination === address) balances[asset] = (balances[asset] ?? 0n) + amount;
    }
    return JSON.stringify({ data: balances }, toJsonNumber);
  }
}

/** Converts a bigint to a JSON number. The amounts of a demo are small enough for this. */
function toJsonNumber(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}
