import type {
  Backend,
  OrderKind,
  OrderRequest,
  PageBody,
  ServedBalances,
  Stream,
} from '@tributary/connector-api';
import { unprocessable, type PageQuery } from '@tributary/connector-api/contract';
import type { Feed, Store } from '@tributary/feed';
import type { OrderDesk } from '@tributary/orders';
import type { BalanceReader } from '@tributary/sync';
import type { PageCache } from './page-cache.js';

const NOTHING: PageBody = { rows: 0, body: Buffer.from('[]') };

/** Implements the contract's backend for one connector: pages from the feeds in the store, balances and orders. */
export class FeedBackend implements Backend {
  readonly pays: ReadonlySet<OrderKind>;
  private readonly feeds = new Map<Stream, Feed>();

  constructor(
    private readonly path: string,
    private readonly store: Store,
    private readonly cache: PageCache,
    private readonly reader: BalanceReader,
    private readonly desk?: OrderDesk,
  ) {
    this.pays = desk?.kinds ?? new Set();
  }

  page(stream: Stream, query: PageQuery): PageBody | Promise<PageBody> {
    return query.untilEmpty ? this.pageUntilEmpty(stream, query) : this.read(stream, query);
  }

  private async pageUntilEmpty(stream: Stream, query: PageQuery): Promise<PageBody> {
    const { from, page, pageSize } = query;
    const feed = await this.feed(stream);
    if (page > 1 && (await feed.isBehindEnd(from, page, pageSize))) return NOTHING;
    const read = await this.read(stream, query);
    // An empty page needs no marker, because the client stops there.
    if (read.rows > 0 && read.rows < pageSize) await feed.noteEnd(from, page, pageSize);
    return read;
  }

  /** Stays synchronous if the page is cached or the database is synchronous. A few promises cost more than reading a cached page. */
  private read(stream: Stream, query: PageQuery): PageBody | Promise<PageBody> {
    const key = `${this.path} ${stream} ${query.from} ${query.page} ${query.pageSize}`;
    const cached = this.cache.get(key);
    if (cached !== undefined) return cached;
    const feed = this.feeds.get(stream);
    const read = feed ? readFrom(feed, query) : this.feed(stream).then((opened) => readFrom(opened, query));
    return read instanceof Promise
      ? read.then((body) => this.kept(key, query, body))
      : this.kept(key, query, read);
  }

  private kept(key: string, { pageSize }: PageQuery, read: PageBody): PageBody {
    if (read.rows === pageSize) this.cache.set(key, read);
    return read;
  }

  private async feed(stream: Stream): Promise<Feed> {
    const feed = await this.store.feed(this.path, stream);
    this.feeds.set(stream, feed);
    return feed;
  }

  async served(stream: Stream, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const feed = await this.feed(stream);
    return new Set((await feed.latest(ids)).keys());
  }

  balances(accountId: string): Promise<ServedBalances | undefined> {
    return this.reader.read(accountId);
  }

  async pay(kind: OrderKind, request: OrderRequest): Promise<string> {
    if (this.desk?.kinds.has(kind)) return this.desk.pay(kind, request);
    const kinds = `${kind.toLowerCase()}s`;
    throw unprocessable(
      `No ${kinds}`,
      `This connector cannot make ${kinds}: its plugin has no way to do it, or needs a setting for it. Nothing was sent.`,
    );
  }
}

function readFrom(feed: Feed, { from, page, pageSize }: PageQuery): PageBody | Promise<PageBody> {
  return feed.page(from, page, pageSize);
}
