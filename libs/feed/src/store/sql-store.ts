/** The store of one deployment, on top of any database adapter. */
import type { Stream } from '@tributary/connector-api';
import { sql, type Kysely } from 'kysely';
import { createBalanceRepository } from '../balances/balance-repository.js';
import type { DatabaseAdapter, StoreClock } from '../database/database-adapter.js';
import type { Feed, Store, SyncRun } from '../types/store.types.js';
import { isPastLastPage, recordLastPage } from '../feeds/pagination-ends.js';
import { acquireLease, acquireLeaseWhenDue, type FeedKey } from '../leases/feed-lease.js';
import { SqlOrderRepository } from '../orders/order-repository.js';
import { SqlOrderQueue } from '../orders/order-queue.js';
import type { OrderRepository, OrderQueue } from '../types/order.types.js';
import { findOpenEntries } from '../feeds/quarantine.js';
import { recordSyncRun } from '../feeds/sync-runs.js';
import type { Schema } from '../database/schema.js';

export class SqlStore implements Store {
  /** Opened feeds by connector and stream. They stay cached, because the id of a feed never changes. */
  private readonly feeds = new Map<string, Promise<Feed>>();
  private readonly clock: () => number;
  private readonly storeClock: StoreClock;

  /** @param clock returns milliseconds since 1970. By default leases use the clock of the database, which all gateways share. */
  constructor(
    private readonly adapter: DatabaseAdapter,
    clock?: () => number,
  ) {
    this.clock = clock ?? Date.now;
    this.storeClock = clock ? () => sql`cast(${Math.round(clock())} as bigint)` : () => adapter.currentTime;
  }

  feed(connector: string, stream: Stream): Promise<Feed> {
    const key = `${connector} ${stream}`;
    let feed = this.feeds.get(key);
    if (!feed) {
      feed = this.openFeed(connector, stream);
      this.feeds.set(key, feed);
      feed.catch(() => this.feeds.delete(key));
    }
    return feed;
  }

  balances(connector: string) {
    return createBalanceRepository(this.adapter, connector);
  }

  orders(connector: string): OrderRepository {
    const feedId = () => this.getFeedId(connector, 'transactions');
    return new SqlOrderRepository(this.adapter, connector, feedId, this.clock);
  }

  orderQueue(): OrderQueue {
    return new SqlOrderQueue(this.adapter);
  }

  recordSyncRun(run: SyncRun): Promise<void> {
    return this.adapter.transaction((db) => recordSyncRun(db, run));
  }

  listQuarantine(connector?: string, limit = 1000) {
    return findOpenEntries(this.adapter.reader, connector, limit);
  }

  async currentTime(): Promise<number> {
    const { now } = await this.adapter.reader
      .selectNoFrom(this.storeClock().as('now'))
      .executeTakeFirstOrThrow();
    return now;
  }

  async ping(): Promise<void> {
    await this.adapter.reader.selectFrom('migrations').select('version').limit(1).execute();
  }

  async close(): Promise<void> {
    await this.adapter.close();
  }

  private async openFeed(connector: string, stream: Stream): Promise<Feed> {
    const id = await this.getFeedId(connector, stream);
    return new SqlFeed(this.adapter, { id, connector, stream }, this.storeClock);
  }

  private async getFeedId(connector: string, stream: Stream): Promise<number> {
    return (
      (await findFeedId(this.adapter.reader, connector, stream)) ?? (await this.createFeed(connector, stream))
    );
  }

  private async createFeed(connector: string, stream: Stream): Promise<number> {
    // The transaction is durable, because all gateways cache the feed id for as long as they run.
    const id = await this.adapter.durableTransaction(async (db) => {
      await db
        .insertInto('feeds')
        .values({
          connector,
          stream,
          head_seq: 0,
          head_time: null,
          cursor: null,
          fence: 0,
          holder: null,
          leased_until: 0,
          due_at: 0,
          caught_up_at: null,
        })
        .onConflict((conflict) => conflict.columns(['connector', 'stream']).doNothing())
        .execute();
      return findFeedId(db, connector, stream);
    });
    if (id === undefined) throw new Error(`the feed ${connector}/${stream} was created and cannot be found`);
    return id;
  }
}

/** Lower bound of all feed times. */
const MIN_FEED_TIME = 0;

class SqlFeed implements Feed {
  readonly connector: string;
  readonly stream: Stream;

  constructor(
    private readonly adapter: DatabaseAdapter,
    private readonly key: FeedKey,
    private readonly clock: StoreClock,
  ) {
    this.connector = key.connector;
    this.stream = key.stream;
  }

  readPage(from: number | undefined, page: number, pageSize: number) {
    return this.adapter.readPage(this.key.id, from ?? MIN_FEED_TIME, (page - 1) * pageSize, pageSize);
  }

  isPastLastPage(from: number | undefined, page: number, pageSize: number) {
    return isPastLastPage(this.adapter, this.paginationKey(from, pageSize), page, this.clock);
  }

  recordLastPage(from: number | undefined, page: number, pageSize: number) {
    return recordLastPage(this.adapter, this.paginationKey(from, pageSize), page, this.clock);
  }

  async latestBodies(ids: readonly string[]): Promise<Map<string, string>> {
    if (ids.length === 0) return new Map();
    const rows = await this.adapter.reader
      .selectFrom('feed_rows')
      .select(['record_id', 'body'])
      .where('feed_id', '=', this.key.id)
      .where(this.adapter.inArray('record_id', ids))
      .orderBy('seq')
      .execute();
    // Later versions overwrite earlier ones.
    return new Map(rows.map(({ record_id, body }) => [record_id, body]));
  }

  async head() {
    const { head_seq, head_time } = await this.adapter.reader
      .selectFrom('feeds')
      .select(['head_seq', 'head_time'])
      .where('id', '=', this.key.id)
      .executeTakeFirstOrThrow();
    return { rows: head_seq, feedTime: head_time ?? undefined };
  }

  acquireLease(holder: Parameters<Feed['acquireLease']>[0], ttlMs: number) {
    return acquireLease(this.adapter, this.key, holder, ttlMs, this.clock);
  }

  acquireLeaseWhenDue(holder: Parameters<Feed['acquireLease']>[0], ttlMs: number) {
    return acquireLeaseWhenDue(this.adapter, this.key, holder, ttlMs, this.clock);
  }

  private paginationKey(from: number | undefined, pageSize: number) {
    return { feedId: this.key.id, from: from ?? MIN_FEED_TIME, pageSize };
  }
}

async function findFeedId(
  db: Kysely<Schema>,
  connector: string,
  stream: Stream,
): Promise<number | undefined> {
  const row = await db
    .selectFrom('feeds')
    .select('id')
    .where('connector', '=', connector)
    .where('stream', '=', stream)
    .executeTakeFirst();
  return row?.id;
}
