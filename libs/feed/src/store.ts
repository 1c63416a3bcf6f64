/** The store of one deployment, on top of any database adapter. */
import type { Stream } from '@tributary/connector-api';
import { sql, type Kysely } from 'kysely';
import { balanceBook } from './balance-book.js';
import type { Dialect, StoreClock } from './dialect.js';
import type { Feed, Store, SyncRun } from './feed.types.js';
import { isBehindEnd, noteEnd } from './last-pages.js';
import { takeLease, takeLeaseWhenDue, type FeedIdentity } from './lease.js';
import { SqlOrderBook } from './order-book.js';
import { SqlOrderBooks } from './order-books.js';
import type { OrderBook, OrderBooks } from './order.types.js';
import { openEntries } from './quarantine.js';
import { recordRun } from './runs.js';
import type { Schema } from './schema.js';

export class SqlStore implements Store {
  /** Opened feeds by connector and stream. They stay cached, because the id of a feed never changes. */
  private readonly feeds = new Map<string, Promise<Feed>>();
  private readonly clock: () => number;
  private readonly storeClock: StoreClock;

  /** @param clock returns milliseconds since 1970. By default leases use the clock of the database, which all gateways share. */
  constructor(
    private readonly dialect: Dialect,
    clock?: () => number,
  ) {
    this.clock = clock ?? Date.now;
    this.storeClock = clock ? () => sql`cast(${Math.round(clock())} as bigint)` : () => dialect.time;
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
    return balanceBook(this.dialect, connector);
  }

  orders(connector: string): OrderBook {
    const feedId = () => this.feedId(connector, 'transactions');
    return new SqlOrderBook(this.dialect, connector, feedId, this.clock);
  }

  allOrders(): OrderBooks {
    return new SqlOrderBooks(this.dialect);
  }

  recordRun(run: SyncRun): Promise<void> {
    return this.dialect.write((db) => recordRun(db, run));
  }

  quarantine(connector?: string, limit = 1000) {
    return openEntries(this.dialect.reader, connector, limit);
  }

  async time(): Promise<number> {
    const { now } = await this.dialect.reader
      .selectNoFrom(this.storeClock().as('now'))
      .executeTakeFirstOrThrow();
    return now;
  }

  async ready(): Promise<void> {
    await this.dialect.reader.selectFrom('migrations').select('version').limit(1).execute();
  }

  async close(): Promise<void> {
    await this.dialect.close();
  }

  private async openFeed(connector: string, stream: Stream): Promise<Feed> {
    const id = await this.feedId(connector, stream);
    return new SqlFeed(this.dialect, { id, connector, stream }, this.storeClock);
  }

  private async feedId(connector: string, stream: Stream): Promise<number> {
    return (
      (await findFeed(this.dialect.reader, connector, stream)) ?? (await this.createFeed(connector, stream))
    );
  }

  private async createFeed(connector: string, stream: Stream): Promise<number> {
    // The transaction is durable, because all gateways cache the feed id for as long as they run.
    const id = await this.dialect.durably(async (db) => {
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
      return findFeed(db, connector, stream);
    });
    if (id === undefined) throw new Error(`the feed ${connector}/${stream} was created and cannot be found`);
    return id;
  }
}

/** Lower bound of all feed times. */
const BEFORE_ALL = 0;

class SqlFeed implements Feed {
  readonly connector: string;
  readonly stream: Stream;

  constructor(
    private readonly dialect: Dialect,
    private readonly identity: FeedIdentity,
    private readonly clock: StoreClock,
  ) {
    this.connector = identity.connector;
    this.stream = identity.stream;
  }

  page(from: number | undefined, page: number, pageSize: number) {
    return this.dialect.page(this.identity.id, from ?? BEFORE_ALL, (page - 1) * pageSize, pageSize);
  }

  isBehindEnd(from: number | undefined, page: number, pageSize: number) {
    return isBehindEnd(this.dialect, this.reading(from, pageSize), page, this.clock);
  }

  noteEnd(from: number | undefined, page: number, pageSize: number) {
    return noteEnd(this.dialect, this.reading(from, pageSize), page, this.clock);
  }

  async latest(ids: readonly string[]): Promise<Map<string, string>> {
    if (ids.length === 0) return new Map();
    const rows = await this.dialect.reader
      .selectFrom('feed_rows')
      .select(['record_id', 'body'])
      .where('feed_id', '=', this.identity.id)
      .where(this.dialect.isOneOf('record_id', ids))
      .orderBy('seq')
      .execute();
    // Later versions overwrite earlier ones.
    return new Map(rows.map(({ record_id, body }) => [record_id, body]));
  }

  async head() {
    const { head_seq, head_time } = await this.dialect.reader
      .selectFrom('feeds')
      .select(['head_seq', 'head_time'])
      .where('id', '=', this.identity.id)
      .executeTakeFirstOrThrow();
    return { rows: head_seq, feedTime: head_time ?? undefined };
  }

  lease(holder: Parameters<Feed['lease']>[0], ttl: number) {
    return takeLease(this.dialect, this.identity, holder, ttl, this.clock);
  }

  leaseWhenDue(holder: Parameters<Feed['lease']>[0], ttl: number) {
    return takeLeaseWhenDue(this.dialect, this.identity, holder, ttl, this.clock);
  }

  private reading(from: number | undefined, pageSize: number) {
    return { feedId: this.identity.id, from: from ?? BEFORE_ALL, pageSize };
  }
}

async function findFeed(db: Kysely<Schema>, connector: string, stream: Stream): Promise<number | undefined> {
  const row = await db
    .selectFrom('feeds')
    .select('id')
    .where('connector', '=', connector)
    .where('stream', '=', stream)
    .executeTakeFirst();
  return row?.id;
}
