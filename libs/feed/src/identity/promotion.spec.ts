/**
 * Tests the promotion of a replica that lacks the newest commits. The process has connections to this server that it opened before the
 * promotion.
 */
import pg from 'pg';
import { openStore, StoreChangedError } from '../index.js';
import { getCurrentProcess } from '../leases/lease-holder.js';
import { DatabaseProxy } from '../testing/database-proxy.js';
import { PostgresServer } from '../testing/postgres-server.js';

const EMPTY_PAGE = { records: [], rejected: [], warnings: [], resolvedIds: [], balances: [] };
const RECORD = { id: 'tx-1', content: '{"id":"tx-1"}', pspTime: undefined };

it('a process ends, and the next one goes on by itself: the store is not marked as damaged', async () => {
  const primary = await PostgresServer.create();
  const replica = await primary.createReplica();
  const proxy = await DatabaseProxy.start(primary.socket);
  try {
    const url = `postgres://tributary@127.0.0.1:${proxy.port}/postgres`;
    await (await openStore(url)).close();
    await waitForReplica(replica);
    await replica.stop('INT');
    const store = await openStore(url);
    const feed = await store.feed('bank', 'transactions');
    const lease = await feed.acquireLease(getCurrentProcess(), 60_000);
    await lease!.append({ ...EMPTY_PAGE, records: [RECORD], cursor: 'c' });
    await primary.stop('QUIT');
    await replica.start();
    proxy.target = replica.socket;
    proxy.dropConnections();
    // This read opens a connection that is still open after the promotion.
    await expect(store.currentTime()).resolves.toBeGreaterThan(0);
    await run(replica, 'select pg_promote()');
    await expect(feed.acquireLease(getCurrentProcess(), 60_000)).rejects.toThrow(StoreChangedError);
    expect(await run(replica, 'select loss_found from store_identity')).toEqual([{ loss_found: null }]);
    await store.close();
    const next = await openStore(url);
    expect(next.lastRestore).toBeDefined();
    await next.close();
  } finally {
    await proxy.close();
    await replica.remove();
    await primary.remove();
  }
});

/** Waits until the replica has the tables of the store. */
async function waitForReplica(replica: PostgresServer): Promise<void> {
  for (;;) {
    const [row] = await run(replica, "select to_regclass('store_identity') is not null as found");
    if (row?.['found'] === true) return;
  }
}

async function run(server: PostgresServer, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(server.url('postgres'));
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}
