/** Tests the behaviour that only a PostgreSQL store has: connections, timeouts, durability and restarts. */
import { sql } from 'kysely';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { openPostgres } from './postgres-adapter.js';
import {
  openStore,
  StoreUnavailableError,
  getCurrentProcess,
  type Feed,
  type Lease,
  type Store,
} from '../../index.js';
import { PostgresServer } from '../../testing/postgres-server.js';
import { POSTGRES_STORE, type FreshStore } from '../../testing/stores.js';

const EMPTY_PAGE = { records: [], rejected: [], warnings: [], resolvedIds: [], balances: [] };
const OTHER = { host: 'there', pid: 1, id: 'b' };

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<object>(text)).rows;
  } finally {
    await client.end();
  }
}

async function acquireLease(feed: Feed, ttl = 10_000): Promise<Lease> {
  const lease = await feed.acquireLease(getCurrentProcess(), ttl);
  if (!lease) throw new Error('not leased');
  return lease;
}

/** A proxy to the database. A test can close its connections, or stop its traffic, as if a process were paused. */
class InterruptibleProxy {
  private readonly pairs = new Set<[Socket, Socket]>();

  private constructor(
    private readonly directory: string,
    private readonly server: Server,
  ) {}

  static async listenFor(url: string): Promise<InterruptibleProxy> {
    const directory = mkdtempSync(join(tmpdir(), 'tributary-cable-'));
    const far = `${new URL(url.replace('@/', '@x/')).searchParams.get('host')}/.s.PGSQL.5432`;
    const server = createServer((near) => cable.connectPair(near, connect(far)));
    const cable = new InterruptibleProxy(directory, server);
    await new Promise<void>((resolve) => server.listen(join(directory, '.s.PGSQL.5432'), resolve));
    return cable;
  }

  rewriteUrl(url: string): string {
    return url.replace(/host=.*/, `host=${this.directory}`);
  }

  pauseTraffic(): void {
    for (const pair of this.pairs) for (const socket of pair) socket.pause().unpipe();
  }

  dropConnections(): void {
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
  }

  async remove(): Promise<void> {
    this.dropConnections();
    await new Promise((resolve) => this.server.close(resolve));
    rmSync(this.directory, { recursive: true });
  }

  private connectPair(near: Socket, far: Socket): void {
    const pair: [Socket, Socket] = [near, far];
    this.pairs.add(pair);
    for (const [from, to] of [pair, [far, near]] as const) {
      from.on('error', () => undefined);
      from.on('close', () => {
        to.destroy();
        this.pairs.delete(pair);
      });
      from.pipe(to);
    }
  }
}

describe('a store on PostgreSQL', () => {
  let fresh: FreshStore;
  let opened: Store[];
  let cable: InterruptibleProxy | undefined;
  const open = async (location: Parameters<typeof openStore>[0] = fresh.url) => {
    const store = await openStore(location);
    opened.push(store);
    return store;
  };

  const lay = async () => (cable = await InterruptibleProxy.listenFor(fresh.url));

  beforeEach(async () => {
    fresh = await POSTGRES_STORE.create();
    opened = [];
    cable = undefined;
  });

  afterEach(async () => {
    await cable?.remove();
    await Promise.all(opened.map((store) => store.close()));
    await fresh.remove();
  });

  it('is created once by many that start together', async () => {
    const stores = await Promise.all(
      Array.from({ length: 6 }, () => open({ primary: fresh.url, connections: 2 })),
    );
    const feeds = await Promise.all(stores.map((store) => store.feed('bank', 'accounts')));
    await (await acquireLease(feeds[0]!)).append({ ...EMPTY_PAGE, cursor: 'one' });
    expect(await query(fresh.url, 'select count(*)::int as feeds, max(cursor) as cursor from feeds')).toEqual(
      [{ feeds: 1, cursor: 'one' }],
    );
  });

  it('measures leases by the clock of the database, not by that of a gateway', async () => {
    const feed = await (await open()).feed('bank', 'accounts');
    await acquireLease(feed, 400);
    const real = Date.now;
    try {
      Date.now = () => real() + 86_400_000;
      expect(await feed.acquireLease(OTHER, 400)).toBeUndefined();
      Date.now = () => real() - 86_400_000;
      await sleep(450);
      expect(await feed.acquireLease(OTHER, 400)).toBeDefined();
    } finally {
      Date.now = real;
    }
  });

  it('goes on at once when another gateway falls silent in the middle of a transaction, and refuses what it writes late', async () => {
    const cable = await lay();
    const paused = await (
      await open({ primary: cable.rewriteUrl(fresh.url), statementTimeoutMs: 1000 })
    ).feed('bank', 'accounts');
    const other = await (
      await open({ primary: fresh.url, statementTimeoutMs: 5000 })
    ).feed('bank', 'accounts');
    const lease = await acquireLease(paused, 300);
    // The append has locked the feed, and now waits for the lock on the quarantine table.
    const blocker = new pg.Client(fresh.url);
    await blocker.connect();
    await blocker.query('begin; lock table quarantine in access exclusive mode');
    const late = lease.append({ ...EMPTY_PAGE, rejected: [{ id: 'r', reason: 'x' }], cursor: 'late' });
    late.catch(() => undefined);
    await sleep(100);
    cable.pauseTraffic();
    await blocker.end();
    await sleep(300);
    const started = performance.now();
    const taken = await acquireLease(other);
    await taken.append({ ...EMPTY_PAGE, cursor: 'of the other' });
    expect(performance.now() - started).toBeLessThan(4000);
    await expect(late).rejects.toThrow(StoreUnavailableError);
    expect(await query(fresh.url, 'select cursor from feeds')).toEqual([{ cursor: 'of the other' }]);
  });

  it('answers that it is not available while the way to the database is cut, and answers again afterwards', async () => {
    const cable = await lay();
    const store = await open({ primary: cable.rewriteUrl(fresh.url), statementTimeoutMs: 1000 });
    const feed = await store.feed('bank', 'accounts');
    const lease = await acquireLease(feed);
    cable.dropConnections();
    await sleep(50);
    await lease.append({ ...EMPTY_PAGE, cursor: 'a' });
    expect((await feed.readPage(undefined, 1, 10)).rows).toBe(0);
    // No more data arrives, so only the timeout of the client can detect the failure.
    cable.pauseTraffic();
    await expect(feed.readPage(undefined, 1, 10)).rejects.toThrow(
      /^the store postgres:.* is not available: /,
    );
    await expect(lease.append({ ...EMPTY_PAGE, cursor: 'b' })).rejects.toThrow(StoreUnavailableError);
    await lease.append({ ...EMPTY_PAGE, cursor: 'c' });
    await lease.release();
    expect((await acquireLease(feed)).cursor).toBe('c');
  });

  it('gives up a statement that takes too long, and a wait for a connection', async () => {
    const store = await open({ primary: fresh.url, statementTimeoutMs: 300, connections: 2 });
    const feed = await store.feed('bank', 'accounts');
    const lease = await acquireLease(feed);
    const blocker = new pg.Client(fresh.url);
    await blocker.connect();
    await blocker.query('begin; select from feeds for update');
    const all = await Promise.allSettled([lease.renew(), lease.renew(), lease.renew()]);
    for (const each of all) expect(each).toMatchObject({ reason: { name: 'StoreUnavailableError' } });
    await blocker.end();
    expect(await lease.renew()).toBe(true);
  });

  it('keeps to its number of connections', async () => {
    const store = await open({ primary: fresh.url, connections: 4 });
    const feed = await store.feed('bank', 'accounts');
    const lease = await acquireLease(feed);
    await Promise.all(
      Array.from({ length: 40 }, async (_, i) => (i % 2 ? lease.renew() : feed.readPage(undefined, 1, 10))),
    );
    const [row] = await query(
      fresh.url,
      `select count(*)::int as n from pg_stat_activity where application_name = 'tributary' and datname = current_database()`,
    );
    expect(row).toEqual({ n: 4 });
  });

  it('keeps a text that PostgreSQL cannot hold, but for the character, and refuses such a cursor', async () => {
    const store = await open();
    const lease = await acquireLease(await store.feed('bank', 'accounts'));
    await lease.append({
      ...EMPTY_PAGE,
      rejected: [{ id: 'r\0', reason: 'a\0b \ud800', raw: '\0' }],
      cursor: 'c',
    });
    expect(await store.listQuarantine()).toMatchObject([
      { id: 'r\ufffd', reason: 'a\ufffdb \ufffd', raw: '\ufffd' },
    ]);
    await lease.append({ ...EMPTY_PAGE, resolvedIds: ['r\0'], cursor: 'c' });
    expect(await store.listQuarantine()).toEqual([]);
    await expect(lease.append({ ...EMPTY_PAGE, cursor: 'c\0' })).rejects.toThrow(
      'the cursor "c\\u0000" holds U+0000',
    );
  });

  it('orders names by their bytes, in every language of the database', async () => {
    const store = await open();
    const rejected = ['b', 'a', 'B', 'ä', 'A'].map((id) => ({ id, reason: 'x' }));
    await (
      await acquireLease(await store.feed('bank', 'accounts'))
    ).append({ ...EMPTY_PAGE, rejected, cursor: 'c' });
    expect((await store.listQuarantine()).map(({ id }) => id)).toEqual(['A', 'B', 'a', 'b', 'ä']);
  });

  it.each([
    ['off', 'on'],
    ['local', 'on'],
    ['remote_write', 'on'],
    ['on', 'on'],
    ['remote_apply', 'remote_apply'],
  ])(
    'with the default synchronous_commit = %s uses %s where rows are at stake, and off for leases',
    async (mode, durable) => {
      await query(
        fresh.url,
        `do $$ begin execute format('alter database %I set synchronous_commit = ${mode}', current_database()); end $$`,
      );
      const adapter = await openPostgres(fresh.url, { connections: 2, statementTimeoutMs: 1000 });
      // A deferred trigger runs at the commit, so it reads the setting with which the server commits.
      await query(
        fresh.url,
        `create table touched (); create table seen (setting text);
         create function see() returns trigger language plpgsql as
           $$ begin insert into seen select current_setting('synchronous_commit'); return null; end $$;
         create constraint trigger see after insert on touched deferrable initially deferred for each row execute function see()`,
      );
      const setting = async (how: 'transaction' | 'durableTransaction') => {
        await adapter[how]((db) => sql`insert into touched default values`.execute(db));
        return query(fresh.url, 'delete from seen returning setting');
      };
      expect(await setting('durableTransaction')).toEqual([{ setting: durable }]);
      expect(await setting('transaction')).toEqual([{ setting: 'off' }]);
      await adapter.close();
    },
  );

  it('of a newer release is refused', async () => {
    await open();
    await query(
      fresh.url,
      'insert into migrations (version, applied_at) values (99, 1); update store_identity set min_program_version = 99',
    );
    await expect(openStore(fresh.url)).rejects.toThrow('it was written by a newer release; start that one');
  });

  it('that cannot be opened says which, why, and what to do, but not its password', async () => {
    const secret = (url: string) => url.replace('tributary@', 'tributary:hunter2@');
    await expect(openStore(secret(fresh.url).replace(/\/test_\w+/, '/nowhere'))).rejects.toThrow(
      /^the store "postgres:\/\/tributary@\/[^:]*\/nowhere" cannot be opened: there is no such database; create it/,
    );
    await expect(openStore('postgres://me:hunter2@127.0.0.1:9/db')).rejects.toThrow(
      'the store "postgres://me@127.0.0.1:9/db" cannot be opened: no server listens there; check host and port',
    );
    const latin = `latin_${Date.now()}`;
    await query(
      fresh.url,
      `create database ${latin} encoding LATIN1 locale_provider libc locale 'C' template template0`,
    );
    await expect(openStore(fresh.url.replace(/\/test_\w+/, `/${latin}`))).rejects.toThrow(
      'the database is encoded in LATIN1, expected UTF8',
    );
  });
});

describe('a PostgreSQL that restarts', () => {
  let server: PostgresServer;
  let store: Store;

  beforeEach(async () => {
    server = await PostgresServer.create();
    store = await openStore({ primary: server.url('postgres'), statementTimeoutMs: 2000 });
  });

  afterEach(async () => {
    await store.close();
    await server.remove();
  });

  it.each(['INT', 'QUIT'] as const)(
    'after the signal %s is found again by itself, with all that was durable',
    async (signal) => {
      const feed = await store.feed('bank', 'accounts');
      const lease = await acquireLease(feed);
      await lease.append({ ...EMPTY_PAGE, cursor: 'before' });
      await server.stop(signal);
      await expect(feed.head()).rejects.toThrow(StoreUnavailableError);
      await expect(lease.append({ ...EMPTY_PAGE, cursor: 'during' })).rejects.toThrow(StoreUnavailableError);
      await server.start();
      expect(await feed.head()).toEqual({ rows: 0, feedTime: undefined });
      await lease.append({ ...EMPTY_PAGE, cursor: 'after' });
      await lease.release();
      expect((await acquireLease(feed)).cursor).toBe('after');
    },
  );
});
