/**
 * A Generic Connector in its most obvious form, for comparison. It returns the PSP's rows in their current state, sorted by the PSP's
 * `updatedAt` in whole seconds, filtered by `updatedAt`, and paged with OFFSET. It conforms to the OpenAPI document, but its clients lose
 * rows.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serializeTransaction } from '@tributary/connector-api';
import type { Arrival, TransactionVersion } from './generate-psp-history.js';

interface ListedRow {
  id: string;
  updatedAt: string;
  json: string;
}

/** The PSP's list of transactions, as `SELECT … WHERE updated_at >= … ORDER BY updated_at, id LIMIT … OFFSET …`. */
class NaiveListing {
  private readonly rows: ListedRow[] = [];
  private readonly shown = new Map<string, ListedRow>();

  upsert(version: TransactionVersion): void {
    const old = this.shown.get(version.id);
    if (old) this.rows.splice(this.findFirstIndex(old.updatedAt, old.id), 1);
    const { id, updatedAt } = version;
    const row = {
      id,
      updatedAt,
      json: `${serializeTransaction(version).content},"updatedAt":"${updatedAt}"}`,
    };
    this.rows.splice(this.findFirstIndex(updatedAt, id), 0, row);
    this.shown.set(id, row);
  }

  getPage(from: string, page: number, pageSize: number): string {
    const offset = this.findFirstIndex(from, '') + (page - 1) * pageSize;
    return `[${this.rows
      .slice(offset, offset + pageSize)
      .map((row) => row.json)
      .join(',')}]`;
  }

  /** Finds the position by binary search. All times are in UTC and whole seconds, so they can be compared as strings. */
  private findFirstIndex(updatedAt: string, id: string): number {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = this.rows[middle]!;
      if (row.updatedAt < updatedAt || (row.updatedAt === updatedAt && row.id < id)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export interface NaiveProxy {
  url: string;
  addArrival: (arrival: Arrival) => void;
  close(): Promise<void>;
}

export async function startNaiveProxy(): Promise<NaiveProxy> {
  const listing = new NaiveListing();
  const server = createServer((request, response) => {
    const { searchParams: query } = new URL(request.url!, 'http://proxy');
    const from = query.get('updatedAtFrom') ?? '';
    response.setHeader('content-type', 'application/json');
    response.end(listing.getPage(from, Number(query.get('page')), Number(query.get('pageSize'))));
  });
  await listen(server);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    addArrival: (arrival) => arrival.forEach((version) => listing.upsert(version)),
    close: () => close(server),
  };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
}
