/**
 * Repository of the orders of one connector. One transaction, under the order's row lock, writes a change, its history entry, the day's
 * total and the rows for clients. Locks are always acquired in the same sequence: order, day, feed. `docs/payouts.md` draws the states.
 */
import { servedId } from '@tributary/connector-api';
import type { Kysely } from 'kysely';
import { appendRecords } from './append.js';
import type { Dialect } from './dialect.js';
import type {
  Durability,
  NewOrder,
  OrderBook,
  OrderChange,
  OrderEvent,
  OrderNames,
  OrderState,
  StoredOrder,
} from './order.types.js';
import { newOrderRow, progressColumns, toOrder } from './order-row.js';
import { addFinding } from './quarantine.js';
import type { Schema } from './schema.js';

const DAY = 86_400_000;
/** The stream in which orders are published. */
const STREAM = 'transactions';

type Db = Kysely<Schema>;

export class SqlOrderBook implements OrderBook {
  private feed: number | undefined;

  /**
   * @param findFeedId returns the id of the connector's feed of transactions. It is called outside of transactions, because it may create
   * the feed.
   */
  constructor(
    private readonly dialect: Dialect,
    private readonly connector: string,
    private readonly findFeed: () => Promise<number>,
    private readonly clock: () => number,
  ) {}

  async receive(
    order: NewOrder,
    begin: (order: StoredOrder, takenToday: bigint) => OrderChange,
  ): Promise<{ order: StoredOrder; fresh: boolean }> {
    const feedId = await this.feedId();
    return this.dialect.durably(async (db) => {
      const inserted = await db
        .insertInto('orders')
        .values(newOrderRow(this.connector, order))
        // Ignore a conflict on any unique index. All unique columns are derived from the idempotency key, so two concurrent requests can
        // conflict on any of them.
        .onConflict((conflict) => conflict.doNothing())
        .returningAll()
        .executeTakeFirst();
      if (!inserted) return { order: await this.existing(db, order.idempotencyKey), fresh: false };
      const stored = toOrder(inserted);
      const change = begin(stored, await this.lockDay(db, stored));
      return { order: await this.apply(db, feedId, stored, 0, change, 0n), fresh: true };
    });
  }

  async change(
    id: string,
    decide: (order: StoredOrder) => OrderChange | undefined,
    durability: Durability = 'durable',
  ): Promise<StoredOrder | undefined> {
    const feedId = await this.feedId();
    return this.dialect[durability === 'durable' ? 'durably' : 'write'](async (db) => {
      // An update locks the row until the commit, in every kind of database.
      const row = await db
        .updateTable('orders')
        .set((eb) => ({ fence: eb.ref('fence') }))
        .where('id', '=', id)
        .where('connector', '=', this.connector)
        .returningAll()
        .executeTakeFirst();
      if (!row) return undefined;
      const order = toOrder(row);
      const change = decide(order);
      return change ? this.apply(db, feedId, order, row.entries, change, counted(order)) : order;
    });
  }

  async find(id: string): Promise<StoredOrder | undefined> {
    const row = await this.all(this.dialect.reader).where('id', '=', id).executeTakeFirst();
    return row && toOrder(row);
  }

  async findByKey(idempotencyKey: string): Promise<StoredOrder | undefined> {
    const row = await this.all(this.dialect.reader)
      .where('idempotency_key', '=', idempotencyKey)
      .executeTakeFirst();
    return row && toOrder(row);
  }

  async named({ pspKeys, pspIds }: OrderNames): Promise<StoredOrder[]> {
    // Runs two queries, because for one query with `or` a database may scan all orders.
    const [byKey, byId] = await Promise.all([this.having('psp_key', pspKeys), this.having('psp_id', pspIds)]);
    return [...new Map([...byKey, ...byId].map((order) => [order.id, order])).values()];
  }

  private async having(column: 'psp_key' | 'psp_id', values: readonly string[]): Promise<StoredOrder[]> {
    if (values.length === 0) return [];
    const rows = await this.all(this.dialect.reader).where(this.dialect.isOneOf(column, values)).execute();
    return rows.map(toOrder);
  }

  async inState(states: readonly OrderState[], limit: number): Promise<StoredOrder[]> {
    const rows = await this.all(this.dialect.reader)
      .where('state', 'in', [...states])
      .orderBy('created_at')
      .limit(limit)
      .execute();
    return rows.map(toOrder);
  }

  async newest(limit: number): Promise<StoredOrder[]> {
    const rows = await this.all(this.dialect.reader).orderBy('created_at', 'desc').limit(limit).execute();
    return rows.map(toOrder);
  }

  async history(id: string): Promise<OrderEvent[]> {
    return this.dialect.reader
      .selectFrom('order_history')
      .select(['at', 'state', 'event'])
      .where('order_id', '=', id)
      .orderBy('entry')
      .execute();
  }

  /** Returns the id of the feed. It is cached, because it never changes. */
  private async feedId(): Promise<number> {
    return (this.feed ??= await this.findFeed());
  }

  private all(db: Db) {
    return db.selectFrom('orders').selectAll().where('connector', '=', this.connector);
  }

  private async existing(db: Db, idempotencyKey: string): Promise<StoredOrder> {
    return toOrder(
      await this.all(db).where('idempotency_key', '=', idempotencyKey).executeTakeFirstOrThrow(),
    );
  }

  /** Writes a change with all its effects. @param countedBefore the amount that the order contributed to its day's total before the change */
  private async apply(
    db: Db,
    feedId: number,
    order: StoredOrder,
    entries: number,
    { set, event, rows = [] }: OrderChange,
    before: bigint,
  ): Promise<StoredOrder> {
    const after = { ...order, ...set };
    const told = event !== undefined && (await this.tell(db, after, entries, event));
    const columns = { ...progressColumns(after), entries: entries + (told ? 1 : 0) };
    await db.updateTable('orders').set(columns).where('id', '=', order.id).execute();
    if (counted(after) !== before) await this.count(db, order, counted(after) - before);
    if (after.pspId !== order.pspId) {
      await this.findTwin(db, feedId, after);
      await this.findNamesake(db, feedId, after);
    }
    if (rows.length > 0) await this.publish(db, feedId, rows);
    return after;
  }

  /** Adds an entry to the history. @returns false when the last entry has the same state and message; then nothing is added */
  private async tell(db: Db, order: StoredOrder, entries: number, event: string): Promise<boolean> {
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
  private async lockDay(db: Db, order: StoredOrder): Promise<bigint> {
    const { total } = await db
      .insertInto('order_days')
      .values({ ...dayOf(order), total: '0' })
      .onConflict((conflict) =>
        conflict
          .columns(['connector', 'day', 'asset'])
          .doUpdateSet((eb) => ({ total: eb.ref('order_days.total') })),
      )
      .returning('total')
      .executeTakeFirstOrThrow();
    return BigInt(total);
  }

  private async count(db: Db, order: StoredOrder, difference: bigint): Promise<void> {
    const total = ((await this.lockDay(db, order)) + difference).toString();
    const { connector, day, asset } = dayOf(order);
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
  private async publish(db: Db, feedId: number, rows: NonNullable<OrderChange['rows']>): Promise<void> {
    const { head_seq, head_time } = await this.lockFeed(db, feedId);
    const head = { seq: head_seq, time: head_time ?? undefined };
    await appendRecords(db, this.dialect, { id: feedId, stream: STREAM, head }, rows, this.clock());
  }

  private lockFeed(db: Db, feedId: number) {
    return db
      .updateTable('feeds')
      .set((eb) => ({ head_seq: eb.ref('head_seq') }))
      .where('id', '=', feedId)
      .returning(['head_seq', 'head_time'])
      .executeTakeFirstOrThrow();
  }

  /** Warns when the PSP's transaction was already served as a separate row, before its id was known to belong to the order. */
  private async findTwin(db: Db, feedId: number, order: StoredOrder): Promise<void> {
    const id = order.pspId === undefined ? undefined : servedId(order.pspId);
    if (id === undefined) return;
    await this.lockFeed(db, feedId);
    const twin = await db
      .selectFrom('feed_rows')
      .select('seq')
      .where('feed_id', '=', feedId)
      .where('record_id', '=', id)
      .limit(1)
      .executeTakeFirst();
    if (!twin) return;
    const found =
      `the movement ${id} was served as a row of its own before the PSP said that it is order ${order.id} ` +
      `(${order.idempotencyKey}): Formance shows this payment twice`;
    await addFinding(db, feedId, { id: `twin-of-${order.id}`, found }, this.clock());
  }

  /** Warns when two orders have the same PSP id. Then the PSP or its plugin confused them, and only one was paid. */
  private async findNamesake(db: Db, feedId: number, order: StoredOrder): Promise<void> {
    if (order.pspId === undefined) return;
    const other = await this.all(db)
      .where('psp_id', '=', order.pspId)
      .where('id', '!=', order.id)
      .limit(1)
      .executeTakeFirst();
    if (!other) return;
    await this.lockFeed(db, feedId);
    const found =
      `the PSP gave order ${order.id} (${order.idempotencyKey}) the id ${order.pspId}, which it had given order ${other.id} ` +
      `(${other.idempotency_key}): one of them may never have been paid; ask the PSP`;
    await addFinding(db, feedId, { id: `namesake-of-${order.id}`, found }, this.clock());
  }
}

/** Returns the amount that an order contributes to its day's total. */
function counted({ state, amount }: StoredOrder): bigint {
  return state === 'failed' ? 0n : amount;
}

function dayOf({ connector, createdAt, asset }: StoredOrder) {
  return { connector, day: Math.floor(createdAt / DAY), asset };
}
