/** One feed of a real store behind the smallest HTTP server that speaks the contract. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseTime, transactionToWire } from '@tributary/connector-api';
import { openStore } from '@tributary/feed';
import type { Arrival } from './synthetic-psp.js';

export async function startFeedServer() {
  const directory = await mkdtemp(join(tmpdir(), 'tributary-drain-'));
  const store = await openStore(`sqlite:${join(directory, 'store.db')}`);
  const feed = await store.feed('psp', 'transactions');
  const lease = (await feed.lease({ host: 'test', pid: process.pid, id: 'drain' }, 600_000))!;
  const server = createServer((request, response) => {
    const { searchParams: query } = new URL(request.url!, 'http://feed');
    const from = query.get('updatedAtFrom');
    void feed
      .page(
        from === null ? undefined : parseTime(from)!.milliseconds,
        Number(query.get('page')),
        Number(query.get('pageSize')),
      )
      .then(({ body }) => response.setHeader('content-type', 'application/json').end(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  let count = 0;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    key: 'unused',
    arrive: async (arrival: Arrival) => {
      await lease.append({
        records: arrival.map(transactionToWire),
        refused: [],
        findings: [],
        cleared: [],
        balances: [],
        cursor: String(++count),
      });
    },
    async close() {
      await lease.release();
      server.close();
      await store.close();
      await rm(directory, { recursive: true });
    },
  };
}
