/** Tests pages that are read from a real streaming replica while the replica lags, is paused, or is down. */
import { serializeTransaction } from '@tributary/connector-api';
import pg from 'pg';
import { openStore, getCurrentProcess, type Feed, type Lease, type Store } from '../../index.js';
import { PostgresServer } from '../../testing/postgres-server.js';

let primary: PostgresServer;
let replica: PostgresServer;
let store: Store;
let feed: Feed;
let lease: Lease;
let count = 0;

async function onReplica(statement: string): Promise<object[]> {
  const client = new pg.Client(replica.url('postgres'));
  await client.connect();
  const { rows } = await client.query<object>(statement);
  await client.end();
  return rows;
}

/** Pauses the replay of the replica, and waits until the pause has begun. Until then, the replica may replay one more commit. */
async function pauseReplay(): Promise<void> {
  await onReplica('select pg_wal_replay_pause()');
  while ((await onReplica("select where pg_get_wal_replay_pause_state() <> 'paused'")).length > 0);
}

async function append(rows: number): Promise<void> {
  const records = Array.from({ length: rows }, () =>
    serializeTransaction({
      id: `t${++count}`,
      createdAt: '2026-01-01T00:00:00Z',
      type: 'PAYIN',
      status: 'SUCCEEDED',
      amount: { amount: 1n, asset: 'EUR/2' },
    }),
  );
  await lease.append({
    records,
    rejected: [],
    warnings: [],
    resolvedIds: [],
    balances: [],
    cursor: String(count),
  });
}

async function ids(): Promise<string[]> {
  const { body } = await feed.readPage(undefined, 1, 1000);
  return (JSON.parse(body.toString()) as { id: string }[]).map(({ id }) => id);
}

const expected = (rows: number) => Array.from({ length: rows }, (_, index) => `t${index + 1}`);

async function untilRead(rows: number): Promise<void> {
  for (const end = Date.now() + 20_000; (await ids()).length < rows;) {
    if (Date.now() > end) throw new Error(`the replica never showed ${rows} rows`);
  }
}

beforeAll(async () => {
  primary = await PostgresServer.create();
  replica = await primary.createReplica();
  const location = { primary: primary.url('postgres'), replicas: [replica.url('postgres')] };
  store = await openStore(location);
  feed = await store.feed('bank', 'transactions');
  lease = (await feed.acquireLease(getCurrentProcess(), 600_000))!;
  // The loop waits until the replica has the tables. A store that finds a replica without tables does not use the replica for ten seconds.
  while ((await onReplica("select where to_regclass('feed_rows') is null")).length > 0);
});

afterAll(async () => {
  await store.close();
  await replica.remove();
  await primary.remove();
});

it('a replica that is late shows the beginning of a feed, whole and in order, and goes on from there', async () => {
  await append(10);
  await untilRead(10);
  await pauseReplay();
  await append(10);
  expect(await ids()).toEqual(expected(10));
  expect((await feed.head()).rows).toBe(20);
  const appending = (async () => {
    for (let page = 0; page < 20; page++) await append(5);
  })();
  await onReplica('select pg_wal_replay_resume()');
  for (let before = 0; before < 120;) {
    const seen = await ids();
    expect(seen).toEqual(expected(seen.length));
    expect(seen.length).toBeGreaterThanOrEqual(before);
    before = seen.length;
  }
  await appending;
});

it('one that is away is replaced by the primary, at once', async () => {
  await pauseReplay();
  await append(1);
  expect((await ids()).length).toBe(count - 1);
  await replica.stop('QUIT');
  expect(await ids()).toEqual(expected(count));
});
