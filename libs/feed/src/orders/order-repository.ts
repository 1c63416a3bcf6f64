/**
 * Repository of the orders of one connector. One transaction, under the order's row lock, writes a change, its history entry, the day's
 * total and the rows for clients. Locks are always acquired in the same sequence: order, day, feed.
 * `docs/explanation/exactly-once-payouts.md` draws the states.
 */
import { tryEncodeId } from '@tributary/connector-api';
import type { Kysely } from 'kysely';
import { appendRecords } from '../feeds/append-records.js';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type {
  Durability,
  ImmutableOrderFields,
  OrderRepository,
  OrderChange,
  OrderEvent,
  PspReferences,
  OrderState,
  StoredOrder,
} from '../types/order.types.js';
import { StaleStateError } from '../database/store-errors.js';
import type { FeedSession } from '../identity/feed-session.js';
import type { OpenedStoreIdentity } from '../identity/opened-store-identity.js';
import { toNewOrderRow, toMutableColumns, toStoredOrder } from './order-row.js';
import { addWarning } from '../feeds/quarantine.js';
import type { Schema } from '../database/schema.js';

const DAY_MS = 86_400_000;
/** The stream in which orders are published. */
const ORDER_STREAM = 'transactions';

type Db = Kysely<Schema>;

export class SqlOrderRepository implements OrderRepository {
  /**
   * @param bindFeed returns the connector's feed of transactions. It is called outside of transactions, because it may create the feed.
   */
  constructor(
    private readonly adapter: DatabaseAdapter,
    private readonly session: OpenedStoreIdentity,
    private readonly connector: string,
    private readonly bindFeed: () => Promise<FeedSession>,
    private readonly clock: () => number,
  ) {}

  async insertOrGet(
    order: ImmutableOrderFields,
    decideFirst: (order: StoredOrder, orderedTodayTotal: bigint) => OrderChange,
  ): Promise<{ order: StoredOrder; fresh: boolean }> {
    const feed = await this.bindFeed();
    return this.runChecked(feed, 'durable', async (db) => {
      const inserted = await db
        .insertInto('orders')
        .values(toNewOrderRow(this.connector, order))
        // Ignore a conflict on any unique index. All unique columns are derived from the idempotency key, so two concurrent requests can
        // conflict on any of them.
        .onConflict((conflict) => conflict.doNothing())
        .returningAll()
        .returning(this.session.isCurrent.as('is_current'))
        .executeTakeFirst();
      if (inserted && !inserted.is_current) throw new StaleStateError('the store of the order changed');
      if (!inserted) return { order: await this.getByIdempotencyKey(db, order.idempotencyKey), fresh: false };
      const stored = toStoredOrder(inserted);
      const change = decideFirst(stored, await this.lockDayTotal(db, stored));
      return { order: await this.applyChange(db, feed, stored, 0, change, 0n), fresh: true };
    });
  }

  async update(
    id: string,
    decide: (order: StoredOrder) => OrderChange | undefined,
    durability: Durability = 'durable',
  ): Promise<StoredOrder | undefined> {
    const feed = await this.bindFeed();
    const updated = await this.runChecked(feed, durability, async (db) => {
      // An update locks the row until the commit, in every kind of database.
      const row = await db
        .updateTable('orders')
        .set((eb) => ({ fencing_token: eb.ref('fencing_token') }))
        .where('id', '=', id)
        .where('connector', '=', this.connector)
        .returningAll()
        .returning(this.session.isCurrent.as('is_current'))
        .executeTakeFirst();
      if (!row) return undefined;
      if (!row.is_current) throw new StaleStateError('the store of the order changed');
      const order = toStoredOrder(row);
      const change = decide(order);
      return change
        ? this.applyChange(db, feed, order, row.entries, change, amountCountedToday(order))
        : order;
    });
    // A restored store may lack the order.
    if (!updated) await this.session.explainMismatch();
    return updated;
  }

  async find(id: string): Promise<StoredOrder | undefined> {
    const row = await this.selectOrders(this.adapter.reader).where('id', '=', id).executeTakeFirst();
    return row && toStoredOrder(row);
  }

  async findByIdempotencyKey(idempotencyKey: string): Promise<StoredOrder | undefined> {
    const row = await this.selectOrders(this.adapter.reader)
      .where('idempotency_key', '=', idempotencyKey)
      .executeTakeFirst();
    return row && toStoredOrder(row);
  }

  async findByPspReferences({ pspKeys, pspIds }: PspReferences): Promise<StoredOrder[]> {
    // Runs two queries, because for one query with `or` a database may scan all orders.
    const [byKey, byId] = await Promise.all([
      this.findByColumn('psp_key', pspKeys),
      this.findByColumn('psp_id', pspIds),
    ]);
    return [...new Map([...byKey, ...byId].map((order) => [order.id, order])).values()];
  }

  private async findByColumn(
    column: 'psp_key' | 'psp_id',
    values: readonly string[],
  ): Promise<StoredOrder[]> {
    if (values.length === 0) return [];
    const rows = await this.selectOrders(this.adapter.reader)
      .where(this.adapter.inArray(column, values))
      .execute();
    return rows.map(toStoredOrder);
  }

  async findByState(states: readonly OrderState[], limit: number): Promise<StoredOrder[]> {
    const rows = await this.selectOrders(this.adapter.reader)
      .where('state', 'in', [...states])
      .orderBy('created_at')
      .limit(limit)
      .execute();
    return rows.map(toStoredOrder);
  }

  async findNewest(limit: number): Promise<StoredOrder[]> {
    const rows = await this.selectOrders(this.adapter.reader)
      .orderBy('created_at', 'desc')
      .limit(limit)
      .execute();
    return rows.map(toStoredOrder);
  }

  async readHistory(id: string): Promise<OrderEvent[]> {
    return this.adapter.reader
      .selectFrom('order_history')
      .select(['at', 'state', 'event'])
      .where('order_id', '=', id)
      .orderBy('entry')
      .execute();
  }

  private runChecked<T>(feed: FeedSession, durability: Durability, work: (db: Db) => Promise<T>): Promise<T> {
    const method = durability === 'durable' ? 'durableTransaction' : 'transaction';
    return feed.explainStaleState(() => this.adapter[method](work));
  }

  private selectOrders(db: Db) {
    return db.selectFrom('orders').selectAll().where('connector', '=', this.connector);
  }

  private async getByIdempotencyKey(db: Db, idempotencyKey: string): Promise<StoredOrder> {
    return toStoredOrder(
      await this.selectOrders(db).where('idempotency_key', '=', idempotencyKey).executeTakeFirstOrThrow(),
    );
  }

  /** Writes a change with all its effects. @param countedBefore the amount that the order contributed to its day's total before the change */
  private async applyChange(
    db: Db,
    feed: FeedSession,
    order: StoredOrder,
    entries: number,
    { set, event, publishedRecords = [] }: OrderChange,
    countedBefore: bigint,
  ): Promise<StoredOrder> {
    const after = { ...order, ...set };
    const isNewEntry = event !== undefined && (await this.addHistoryEntry(db, after, entries, event));
    const columns = { ...toMutableColumns(after), entries: entries + (isNewEntry ? 1 : 0) };
    await db.updateTable('orders').set(columns).where('id', '=', order.id).execute();
    if (amountCountedToday(after) !== countedBefore)
      await this.addToDayTotal(db, order, amountCountedToday(after) - countedBefore);
    if (after.pspId !== order.pspId) {
      await this.warnIfServedTwice(db, feed, after);
      await this.warnIfPspIdShared(db, feed, after);
    }
    if (publishedRecords.length > 0) await this.publishRecords(db, feed, publishedRecords);
    return after;
  }

  /** Adds an entry to the history. @returns false when the last entry has the same state and message; then nothing is added */
  private async addHistoryEntry(
    db: Db,
    order: StoredOrder,
    entries: number,
    event: string,
  ): Promise<boolean> {
    const last = await db
      .selectFrom('order_history')
      .select(['state', 'event'])
      .where('order_id', '=', order.id)
      .where('entry', '=', entries)
      .executeTakeFirst();
    if (last?.state === order.state && last.event === event) return false;
    const entry = { order_id: order.id, entry: entries + 1, at: this.clock(), state: order.state, event };
    await db.insertInto('order_history').values(entry).execute();
    return true;
  }

  /** Locks the total of the order's day until the commit, and returns it. */
  private async lockDayTotal(db: Db, order: StoredOrder): Promise<bigint> {
    const { total } = await db
      .insertInto('order_days')
      .values({ ...dayTotalKey(order), total: '0' })
      .onConflict((conflict) =>
        conflict
          .columns(['connector', 'day', 'asset'])
          .doUpdateSet((eb) => ({ total: eb.ref('order_days.total') })),
      )
      .returning('total')
      .executeTakeFirstOrThrow();
    return BigInt(total);
  }

  private async addToDayTotal(db: Db, order: StoredOrder, difference: bigint): Promise<void> {
    const total = ((await this.lockDayTotal(db, order)) + difference).toString();
    const { connector, day, asset } = dayTotalKey(order);
    await db
      .updateTable('order_days')
      .set({ total })
      .where('connector', '=', connector)
      .where('day', '=', day)
      .where('asset', '=', asset)
      .execute();
  }

  /**
   * Appends rows to the feed without a lease, because a pull may hold it at the same time. The feed's row lock serializes the two writers.
   */
  private async publishRecords(
    db: Db,
    feed: FeedSession,
    rows: NonNullable<OrderChange['publishedRecords']>,
  ): Promise<void> {
    const { head_seq, head_time } = await this.lockFeed(db, feed);
    const head = { seq: head_seq, time: head_time ?? undefined };
    await appendRecords(db, this.adapter, { id: feed.id, stream: ORDER_STREAM, head }, rows, this.clock());
  }

  /** Locks the feed row until the commit. @throws StaleStateError when it is not the feed that this process knows */
  private async lockFeed(db: Db, feed: FeedSession) {
    const head = await db
      .updateTable('feeds')
      .set((eb) => ({ head_seq: eb.ref('head_seq') }))
      .where(feed.isSameFeed)
      .returning(['head_seq', 'head_time'])
      .executeTakeFirst();
    if (!head || head.head_seq < feed.committedSeq)
      throw new StaleStateError(`the feed ${feed.connector}/${feed.stream} changed`);
    feed.recordCommitted(head.head_seq);
    return head;
  }

  /** Warns when the PSP's transaction was already served as a separate row, before its id was known to belong to the order. */
  private async warnIfServedTwice(db: Db, feed: FeedSession, order: StoredOrder): Promise<void> {
    const id = order.pspId === undefined ? undefined : tryEncodeId(order.pspId);
    if (id === undefined) return;
    await this.lockFeed(db, feed);
    const twin = await db
      .selectFrom('feed_rows')
      .select('seq')
      .where('feed_id', '=', feed.id)
      .where('record_id', '=', id)
      .limit(1)
      .executeTakeFirst();
    if (!twin) return;
    const message =
      `the movement ${id} was served as a row of its own before the PSP said that it is order ${order.id} ` +
      `(${order.idempotencyKey}): Formance shows this payment twice`;
    await addWarning(db, feed.id, { id: `twin-of-${order.id}`, message }, this.clock());
  }

  /** Warns when two orders have the same PSP id. Then the PSP or its plugin confused them, and only one was paid. */
  private async warnIfPspIdShared(db: Db, feed: FeedSession, order: StoredOrder): Promise<void> {
    if (order.pspId === undefined) return;
    const other = await this.selectOrders(db)
      .where('psp_id', '=', order.pspId)
      .where('id', '!=', order.id)
      .limit(1)
      .executeTakeFirst();
    if (!other) return;
    await this.lockFeed(db, feed);
    const message =
      `the PSP gave order ${order.id} (${order.idempotencyKey}) the id ${order.pspId}, which it had given order ${other.id} ` +
      `(${other.idempotency_key}): one of them may never have been paid; ask the PSP`;
    await addWarning(db, feed.id, { id: `namesake-of-${order.id}`, message }, this.clock());
  }
}

/** Returns the amount that an order contributes to its day's total. */
function amountCountedToday({ state, amount }: StoredOrder): bigint {
  return state === 'failed' ? 0n : amount;
}

function dayTotalKey({ connector, createdAt, asset }: StoredOrder) {
  return { connector, day: Math.floor(createdAt / DAY_MS), asset };
}
