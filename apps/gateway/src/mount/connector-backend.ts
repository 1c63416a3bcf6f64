import { deriveReaderId } from '@tributary/auth';
import type {
  Backend,
  FeedRows,
  OrderKind,
  OrderRequest,
  SerializedPage,
  ServedBalances,
  Stream,
} from '@tributary/connector-api';
import { createUnprocessableError, type PageQuery } from '@tributary/connector-api/contract';
import type { Feed, Store } from '@tributary/feed';
import type { OrderService } from '@tributary/orders';
import type { BalanceService } from '@tributary/sync';
import type { FeedRowWatcher } from './feed-row-watcher.js';
import type { PageCache } from './page-cache.js';
import type { ReaderPositionRecorder } from './reader-position-recorder.js';

const EMPTY_PAGE: SerializedPage = { rows: 0, body: Buffer.from('[]') };

/**
 * Implements the backend of the contract for one connector: it returns pages from the feeds in the store and balances, and accepts orders.
 */
export class ConnectorBackend implements Backend {
  readonly supportedOrderKinds: ReadonlySet<OrderKind>;
  private readonly feeds = new Map<Stream, Feed>();
  private isStopped = false;

  constructor(
    private readonly path: string,
    private readonly store: Store,
    private readonly cache: PageCache,
    private readonly balanceReader: BalanceService,
    private readonly rowWatcher: FeedRowWatcher,
    private readonly readers: ReaderPositionRecorder,
    private readonly orderService?: OrderService,
  ) {
    this.supportedOrderKinds = orderService?.supportedKinds ?? new Set();
  }

  getPage(
    stream: Stream,
    query: PageQuery,
    authorization?: string,
  ): SerializedPage | Promise<SerializedPage> {
    const page = query.readsUntilEmptyPage
      ? this.pageUntilEmpty(stream, query)
      : this.readPage(stream, query);
    const record = (read: SerializedPage) => {
      this.readers.recordPage(this.path, stream, authorization, query, read.rows);
      return read;
    };
    return page instanceof Promise ? page.then(record) : record(page);
  }

  private async pageUntilEmpty(stream: Stream, query: PageQuery): Promise<SerializedPage> {
    const { fromMs, page, pageSize } = query;
    const feed = await this.openFeed(stream);
    if (page > 1 && (await feed.isPastEndOfList(fromMs, page, pageSize))) return EMPTY_PAGE;
    const read = await this.readPage(stream, query);
    // An empty page needs no end marker, because the client stops after an empty page.
    if (read.rows > 0 && read.rows < pageSize) await feed.recordEndOfList(fromMs, page, pageSize);
    return read;
  }

  /**
   * Reads a page. If the page is in memory or the database is synchronous, the method returns the page without a promise, because a few
   * promises take longer than reading a page from memory.
   */
  private readPage(stream: Stream, query: PageQuery): SerializedPage | Promise<SerializedPage> {
    const key = `${this.path} ${stream} ${query.fromMs} ${query.page} ${query.pageSize}`;
    // A page in memory belongs to the store that was opened, so the check must come first.
    this.store.assertUnchanged();
    const cached = this.cache.get(key);
    if (cached !== undefined) return cached;
    const feed = this.feeds.get(stream);
    const read = feed
      ? readFeedPage(feed, query)
      : this.openFeed(stream).then((opened) => readFeedPage(opened, query));
    return read instanceof Promise
      ? read.then((body) => this.cacheIfFull(key, query, body))
      : this.cacheIfFull(key, query, read);
  }

  private cacheIfFull(key: string, { pageSize }: PageQuery, read: SerializedPage): SerializedPage {
    if (read.rows === pageSize) this.cache.set(key, read);
    return read;
  }

  private async openFeed(stream: Stream): Promise<Feed> {
    const feed = await this.store.feed(this.path, stream);
    this.feeds.set(stream, feed);
    return feed;
  }

  async readFeedRows(stream: Stream, afterSequence: number, limit: number): Promise<FeedRows> {
    const feed = await this.openFeed(stream);
    const rows = await feed.readRows(afterSequence, limit);
    const { epoch } = this.store;
    return rows.length > 0 ? { epoch, rows } : { epoch, rows, lastSequence: (await feed.head()).rows };
  }

  waitForFeedRow(
    stream: Stream,
    afterSequence: number,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    return this.rowWatcher.wait(this.path, stream, afterSequence, timeoutMs, signal);
  }

  get isStopping(): boolean {
    return this.isStopped || this.rowWatcher.isStopping;
  }

  async findServedIds(stream: Stream, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const feed = await this.openFeed(stream);
    return feed.findExistingIds(ids);
  }

  getBalances(accountId: string, authorization?: string): Promise<ServedBalances | undefined> {
    return this.balanceReader.read(accountId, deriveReaderId(authorization));
  }

  /** Stops the work in the background. The gateway calls it when the connector is no longer used. */
  stop(): void {
    this.isStopped = true;
    this.balanceReader.stop();
  }

  async submitOrder(kind: OrderKind, request: OrderRequest): Promise<string> {
    if (this.orderService?.supportedKinds.has(kind)) return this.orderService.submit(kind, request);
    const kinds = `${kind.toLowerCase()}s`;
    throw createUnprocessableError(
      `No ${kinds}`,
      `This connector cannot make ${kinds}: its plugin has no way to do it, or needs a setting for it. Nothing was sent.`,
    );
  }
}

function readFeedPage(
  feed: Feed,
  { fromMs, page, pageSize }: PageQuery,
): SerializedPage | Promise<SerializedPage> {
  return feed.readPage(fromMs, page, pageSize);
}
