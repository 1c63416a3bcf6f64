import type {
  Backend,
  OrderKind,
  OrderRequest,
  PageBody,
  ServedBalances,
  Stream,
} from '@tributary/connector-api';
import { unprocessable, type PageQuery } from '@tributary/connector-api/contract';
import type { Store } from '@tributary/feed';
import type { OrderDesk } from '@tributary/orders';
import type { BalanceReader } from '@tributary/sync';
import type { PageCache } from './page-cache.js';

const NOTHING: PageBody = { rows: 0, body: Buffer.from('[]') };

/** A connector as the contract sees it: its feeds in the store, and its balances. */
export class FeedBackend implements Backend {
  readonly pays: ReadonlySet<OrderKind>;

  constructor(
    private readonly path: string,
    private readonly store: Store,
    private readonly cache: PageCache,
    private readonly reader: BalanceReader,
    private readonly desk?: OrderDesk,
  ) {
    this.pays = desk?.kinds ?? new Set();
  }

  async page(stream: Stream, query: PageQuery): Promise<PageBody> {
    const { from, page, pageSize, untilEmpty } = query;
    if (!untilEmpty) return this.read(stream, query);
    const feed = await this.store.feed(this.path, stream);
    if (page > 1 && (await feed.isBehindEnd(from, page, pageSize))) return NOTHING;
    const read = await this.read(stream, query);
    // Behind an empty page nobody asks on.
    if (read.rows > 0 && read.rows < pageSize) await feed.noteEnd(from, page, pageSize);
    return read;
  }

  private async read(stream: Stream, { from, page, pageSize }: PageQuery): Promise<PageBody> {
    const key = `${this.path} ${stream} ${from} ${page} ${pageSize}`;
    const cached = this.cache.get(key);
    if (cached !== undefined) return cached;
    const feed = await this.store.feed(this.path, stream);
    const read = await feed.page(from, page, pageSize);
    if (read.rows === pageSize) this.cache.set(key, read);
    return read;
  }

  async served(stream: Stream, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const feed = await this.store.feed(this.path, stream);
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
      `This connector cannot make ${kinds}: its plugin has none. Nothing was sent.`,
    );
  }
}
