/**
 * Reads and writes the orders of one connector. One transaction writes a change, its history entry, the total of the day, the rows for
 * clients, and an operator's entry in the audit log. Every transaction locks the order first, and the chain of the audit log last.
 * `docs/explanation/exactly-once-payouts.md` contains a diagram of the states.
 */
import { tryEncodeId, type DataWarning, type SerializedRecord } from '@tributary/connector-api';
import type { Kysely } from 'kysely';
import { selectHeldRows } from '../feeds/held-rows.js';
import { parseRecentSums } from '../completeness/recent-sums.js';
import { appendRecords, readStoredRecords, type StoredRecords } from '../feeds/append-records.js';
import type { DatabaseAdapter, TransactionCallback, WriteAtCommit } from '../database/database-adapter.js';
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
import type { OpenedFeed } from '../identity/opened-feed.js';
import type { OpenedStoreIdentity } from '../identity/opened-store-identity.js';
import { getAmountCountedToday, lockDayTotal, buildDayTotalUpdate } from './day-totals.js';
import {
  FIRST_HISTORY_ENTRY,
  insertHistoryEntry,
  selectLastHistoryEntry,
  toLastHistoryEntry,
  type LastHistoryEntry,
} from './order-history.js';
import { closeProposal } from './order-proposals.js';
import { toNewOrderRow, toMutableColumns, toStoredOrder } from './order-row.js';
import { addDataWarning } from '../feeds/quarantine.js';
import { appendAuditEventTo } from '../operator/audit-log.js';
import type { Schema } from '../database/schema.js';

/** The stream in whose feed orders are published. */
const ORDER_STREAM = 'transactions';

type Db = Kysely<Schema>;

/** A transaction that changes an order, and the feed in which the order is published. */
interface OrderTransaction {
  db: Db;
  writeAtCommit: WriteAtCommit;
  feed: OpenedFeed;
}

export class SqlOrderRepository implements OrderRepository {
  /** @param bindFeed returns the connector's feed of transactions. It is called outside of transactions, because it may create the feed */
  constructor(
    private readonly adapter: DatabaseAdapter,
    private readonly session: OpenedStoreIdentity,
    private readonly connector: string,
    private readonly bindFeed: () => Promise<OpenedFeed>,
    private readonly clock: () => number,
  ) {}

  async insertOrGet(
    order: ImmutableOrderFields,
    decideFirst: (order: StoredOrder, orderedTodayTotal: bigint) => OrderChange,
  ): Promise<{ order: StoredOrder; fresh: boolean }> {
    const feed = await this.bindFeed();
    return this.runChecked(feed, 'durable', async (db, writeAtCommit) => {
      const inserted = await db
        .insertInto('orders')
        .values(toNewOrderRow(this.connector, order))
        // Conflicts on all unique indexes are ignored. All unique columns are derived from the idempotency key, so two concurrent requests
        // can conflict on any of them.
        .onConflict((conflict) => conflict.doNothing())
        .returningAll()
        .returning(this.session.isCurrent.as('is_current'))
        .executeTakeFirst();
      if (inserted && !inserted.is_current) throw new StaleStateError('the store of the order changed');
      if (!inserted) return { order: await this.getByIdempotencyKey(db, order.idempotencyKey), fresh: false };
      const stored = toStoredOrder(inserted);
      const total = await lockDayTotal(db, stored);
      const change = decideFirst(stored, total);
      const transaction = { db, writeAtCommit, feed };
      const after = await this.applyChange(transaction, stored, FIRST_HISTORY_ENTRY, change);
      writeAtCommit(buildDayTotalUpdate(db, after, total + getAmountCountedToday(after)));
      await this.appendAuditEntry(db, after.id, change);
      return { order: after, fresh: true };
    });
  }

  async update(
    id: string,
    decide: (order: StoredOrder) => OrderChange | undefined,
    durability: Durability = 'durable',
  ): Promise<StoredOrder | undefined> {
    const feed = await this.bindFeed();
    const updated = await this.runChecked(feed, durability, async (db, writeAtCommit) => {
      // The statement is an update, because an update locks the row until the commit in both databases.
      const row = await db
        .updateTable('orders')
        .set((eb) => ({ fencing_token: eb.ref('fencing_token') }))
        .where('id', '=', id)
        .where('connector', '=', this.connector)
        .returningAll()
        .returning([this.session.isCurrent.as('is_current'), ...selectLastHistoryEntry()])
        .executeTakeFirst();
      if (!row) return undefined;
      if (!row.is_current) throw new StaleStateError('the store of the order changed');
      const order = toStoredOrder(row);
      const change = decide(order);
      if (!change) return order;
      const transaction = { db, writeAtCommit, feed };
      const after = await this.applyChange(transaction, order, await toLastHistoryEntry(db, row), change);
      const difference = getAmountCountedToday(after) - getAmountCountedToday(order);
      if (difference !== 0n)
        writeAtCommit(buildDayTotalUpdate(db, order, (await lockDayTotal(db, order)) + difference));
      await this.appendAuditEntry(db, after.id, change);
      return after;
    });
    // If the order is missing, the store may have been restored from a backup that does not contain it.
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

  async findCurrent(ids: readonly string[]): Promise<StoredOrder[]> {
    const rows = await this.selectOrders(this.adapter.reader)
      .select(this.session.isCurrent.as('is_current'))
      .where(this.adapter.inArray('id', ids))
      .execute();
    if (rows.some(({ is_current }) => !is_current)) await this.session.explainMismatch();
    return rows.map(toStoredOrder);
  }

  async findByPspReferences({ pspKeys, pspIds }: PspReferences): Promise<StoredOrder[]> {
    // Two queries are used, because a database may scan all orders for one query with `or`.
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

  private runChecked<T>(feed: OpenedFeed, durability: Durability, work: TransactionCallback<T>): Promise<T> {
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

  /**
   * Closes the proposal about the order and appends the audit event, if an operator makes the change. All other locks must be acquired
   * before, because transactions of operators also lock their feeds before the chain of the audit log.
   */
  private async appendAuditEntry(
    db: Db,
    orderId: string,
    { auditEntry, approvedProposalId }: OrderChange,
  ): Promise<void> {
    if (!auditEntry) return;
    await closeProposal(db, orderId, approvedProposalId);
    await appendAuditEventTo(db, this.adapter, auditEntry);
  }

  /** Writes a change with all its effects, except the total of the day and the audit event. */
  private async applyChange(
    { db, writeAtCommit, feed }: OrderTransaction,
    order: StoredOrder,
    lastEntry: LastHistoryEntry,
    { set, event, publishedRecords = [] }: OrderChange,
  ): Promise<StoredOrder> {
    const after = { ...order, ...set };
    const isNewEntry = event !== undefined && !(lastEntry.state === after.state && lastEntry.event === event);
    if (isNewEntry) writeAtCommit(insertHistoryEntry(db, after, lastEntry, event, this.clock()));
    const columns = { ...toMutableColumns(after), entries: lastEntry.entry + (isNewEntry ? 1 : 0) };
    writeAtCommit(db.updateTable('orders').set(columns).where('id', '=', order.id).compile());
    const hasNewPspId = after.pspId !== order.pspId;
    if (!hasNewPspId && publishedRecords.length === 0) return after;
    // The database runs these statements one after the other. So the later statements see everything that was committed before the first
    // statement locked the feed.
    const [head, stored, warnings] = await Promise.all([
      this.lockFeed(db, feed),
      readStoredRecords(db, this.adapter, feed.id, publishedRecords),
      hasNewPspId ? this.findPspIdWarnings(db, feed, after) : [],
    ]);
    for (const warning of warnings) await addDataWarning(db, feed.id, warning, this.clock());
    if (publishedRecords.length > 0)
      await this.publishRecords(db, writeAtCommit, feed, head, publishedRecords, stored);
    return after;
  }

  /**
   * Appends rows to the feed without a lease, because a pull may have the lease at the same time. The lock on the feed row makes the two
   * writers wait for each other.
   */
  private async publishRecords(
    db: Db,
    writeAtCommit: WriteAtCommit,
    feed: OpenedFeed,
    { head_seq, head_time, has_held_rows, recent_sums }: Awaited<ReturnType<SqlOrderRepository['lockFeed']>>,
    records: readonly SerializedRecord[],
    stored: StoredRecords,
  ): Promise<void> {
    const head = {
      ...{ seq: head_seq, time: head_time ?? undefined, hasHeldRows: Boolean(has_held_rows) },
      recentSums: parseRecentSums(recent_sums),
    };
    const lockedFeed = { id: feed.id, stream: ORDER_STREAM, head } as const;
    await appendRecords(db, this.adapter, writeAtCommit, lockedFeed, records, stored, this.clock());
  }

  /**
   * Locks the feed row until the commit.
   * @throws StaleStateError when the row does not belong to the feed that this process opened
   */
  private async lockFeed(db: Db, feed: OpenedFeed) {
    const head = await db
      .updateTable('feeds')
      .set((eb) => ({ head_seq: eb.ref('head_seq') }))
      .where(feed.isSameFeed)
      .returning((eb) => [
        'head_seq',
        'head_time',
        'recent_sums',
        eb.exists(selectHeldRows(eb, feed.id)).as('has_held_rows'),
      ])
      .executeTakeFirst();
    if (!head || head.head_seq < feed.committedSeq)
      throw new StaleStateError(`the feed ${feed.connector}/${feed.stream} changed`);
    feed.recordCommitted(head.head_seq);
    return head;
  }

  /** Returns the data warnings about the id that the PSP assigned to an order. The function must be called after the feed was locked. */
  private async findPspIdWarnings(db: Db, feed: OpenedFeed, order: StoredOrder): Promise<DataWarning[]> {
    const warnings = await Promise.all([
      this.findEarlierRow(db, feed, order),
      this.findOrderWithSamePspId(db, order),
    ]);
    return warnings.filter((warning) => warning !== undefined);
  }

  /**
   * Returns a warning if the PSP's transaction was already served as a separate row. This happens if the transaction was listed before it
   * was known that its id belongs to the order.
   */
  private async findEarlierRow(
    db: Db,
    feed: OpenedFeed,
    order: StoredOrder,
  ): Promise<DataWarning | undefined> {
    const id = order.pspId === undefined ? undefined : tryEncodeId(order.pspId);
    if (id === undefined) return undefined;
    const twin = await db
      .selectFrom('feed_rows')
      .select('seq')
      .where('feed_id', '=', feed.id)
      .where('record_id', '=', id)
      .limit(1)
      .executeTakeFirst();
    if (!twin) return undefined;
    const message =
      `the movement ${id} was served as a row of its own before the PSP said that it is order ${order.id} ` +
      `(${order.idempotencyKey}): Formance shows this payment twice`;
    return { id: `twin-of-${order.id}`, message };
  }

  /**
   * Returns a warning if two orders have the same PSP id. In this case the PSP or its plugin confused the orders, and only one order was
   * paid.
   */
  private async findOrderWithSamePspId(db: Db, order: StoredOrder): Promise<DataWarning | undefined> {
    if (order.pspId === undefined) return undefined;
    const other = await this.selectOrders(db)
      .where('psp_id', '=', order.pspId)
      .where('id', '!=', order.id)
      .limit(1)
      .executeTakeFirst();
    if (!other) return undefined;
    const message =
      `the PSP gave order ${order.id} (${order.idempotencyKey}) the id ${order.pspId}, which it had given order ${other.id} ` +
      `(${other.idempotency_key}): one of them may never have been paid; ask the PSP`;
    return { id: `namesake-of-${order.id}`, message };
  }
}
