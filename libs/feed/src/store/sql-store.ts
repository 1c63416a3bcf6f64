/** The store of one deployment. It works with any database adapter. */
import type { SerializedPage, Stream } from '@tributary/connector-api';
import { sql } from 'kysely';
import { registerDeployment } from '../connectors/deployment-registry.js';
import { createBalanceRepository } from '../balances/balance-repository.js';
import { SqlCompletenessRepository } from '../completeness/completeness-repository.js';
import type { DatabaseAdapter, CurrentTimeExpression } from '../database/database-adapter.js';
import type { CompletenessRepository } from '../types/completeness.types.js';
import type { DeploymentIdentity, Feed, RequestedPull, Store, StoreRestore } from '../types/store.types.js';
import type { SyncRun } from '../types/sync-run.types.js';
import { findFeedId } from '../feeds/find-feed-id.js';
import { findRequestedPulls } from '../feeds/find-requested-pulls.js';
import { findMalformedRows, verifySampleOfRows } from '../feeds/find-damaged-rows.js';
import { JsonPageCheck } from '../feeds/json-page-check.js';
import { isPastEndOfList, recordEndOfList } from '../feeds/end-of-list-markers.js';
import { OpenedFeed } from '../identity/opened-feed.js';
import type { OpenedStoreIdentity } from '../identity/opened-store-identity.js';
import { acquireLease, acquireLeaseWhenDue } from '../leases/feed-lease.js';
import { SqlOrderRepository } from '../orders/order-repository.js';
import { createOrderExchangeRepository } from '../orders/order-exchanges.js';
import { createOrderProposalRepository } from '../orders/order-proposals.js';
import { SqlOrderQueue } from '../orders/order-queue.js';
import type { ReaderPosition, ReaderRequests } from '../types/reader-position.types.js';
import type { OrderExchangeRepository } from '../types/order-exchange.types.js';
import type { OrderProposalRepository } from '../types/order-proposal.types.js';
import type { OrderRepository, OrderQueue } from '../types/order.types.js';
import type { OperatorRepository } from '../types/operator.types.js';
import { createOperatorRepository } from '../operator/operator-repository.js';
import { findOpenQuarantineEntries, updateDamageWarning } from '../feeds/quarantine.js';
import { readRows } from '../feeds/read-rows.js';
import type { ReconciliationRepository } from '../types/reconciliation.types.js';
import { createReconciliationRepository } from '../reconciliation/reconciliation-repository.js';
import { createSentAlertRepository } from '../tasks/sent-alerts.js';
import { createTaskSchedule } from '../tasks/task-schedule.js';
import type { SentAlertRepository, TaskSchedule } from '../types/task.types.js';
import { findLastSyncRuns, recordSyncRun } from '../feeds/sync-runs.js';
import { findReaderPositions, recordReaderRequests } from '../readers/reader-positions.js';
import { DamagedRowsError, type StoreChangedError } from '../database/store-errors.js';
import { openStoreIdentity } from '../identity/open-store-identity.js';
import { StoreWriteProbe } from '../identity/store-write-probe.js';

export class SqlStore implements Store {
  private readonly feeds = new Map<string, Promise<Feed>>();
  /**
   * The ids of feeds, by connector and stream. The ids can stay in memory, because every statement checks that the id still belongs to this
   * connector and stream.
   */
  private readonly bindings = new Map<string, Promise<OpenedFeed>>();
  private readonly pageCheck = new JsonPageCheck();
  private readonly clock: () => number;
  private readonly writeCheck: StoreWriteProbe;
  private readonly storeClock: CurrentTimeExpression;

  private constructor(
    private readonly adapter: DatabaseAdapter,
    private readonly session: OpenedStoreIdentity,
    clock: (() => number) | undefined,
  ) {
    this.clock = clock ?? Date.now;
    this.writeCheck = new StoreWriteProbe(adapter.changes.store, () => session.writeOrderProbe());
    this.storeClock = clock ? () => sql`cast(${Math.round(clock())} as bigint)` : () => adapter.currentTime;
  }

  /**
   * Opens the store in a database whose tables are up to date.
   * @param clock returns milliseconds since 1970. By default leases use the clock of the database, which all gateways share
   * @throws Error when a person must check the store before it is used
   */
  static async open(adapter: DatabaseAdapter, clock?: () => number): Promise<SqlStore> {
    return new SqlStore(adapter, await openStoreIdentity(adapter), clock);
  }

  feed(connector: string, stream: Stream): Promise<Feed> {
    const key = `${connector} ${stream}`;
    let feed = this.feeds.get(key);
    if (!feed) {
      feed = this.bindFeed(connector, stream).then(
        (binding) => new SqlFeed(this.adapter, binding, this.storeClock, this.pageCheck),
      );
      this.feeds.set(key, feed);
      feed.catch(() => this.feeds.delete(key));
    }
    return feed;
  }

  balances(connector: string) {
    return createBalanceRepository(this.adapter, connector, this.storeClock);
  }

  orders(connector: string): OrderRepository {
    const bindFeed = () => this.bindFeed(connector, 'transactions');
    return new SqlOrderRepository(
      this.adapter.forPurpose('orders'),
      this.session,
      connector,
      bindFeed,
      this.clock,
    );
  }

  completeness(connector: string): CompletenessRepository {
    const bindFeed = () => this.bindFeed(connector, 'transactions');
    return new SqlCompletenessRepository(this.adapter, connector, bindFeed, this.storeClock);
  }

  reconciliation(): ReconciliationRepository {
    return createReconciliationRepository(this.adapter);
  }

  operator(): OperatorRepository {
    return createOperatorRepository(this.adapter.forPurpose('operator'), this.storeClock);
  }

  tasks(): TaskSchedule {
    return createTaskSchedule(this.adapter, this.storeClock);
  }

  sentAlerts(): SentAlertRepository {
    return createSentAlertRepository(this.adapter);
  }

  orderQueue(): OrderQueue {
    return new SqlOrderQueue(this.adapter.forPurpose('orders'));
  }

  orderExchanges(): OrderExchangeRepository {
    return createOrderExchangeRepository(this.adapter, this.storeClock);
  }

  orderProposals(): OrderProposalRepository {
    return createOrderProposalRepository(this.adapter.forPurpose('operator'), this.storeClock);
  }

  recordSyncRun(run: SyncRun): Promise<void> {
    return this.adapter.transaction((db) => recordSyncRun(db, run));
  }

  findRequestedPulls(): Promise<RequestedPull[]> {
    return findRequestedPulls(this.adapter);
  }

  findLastSyncRuns(connector: string): Promise<SyncRun[]> {
    return findLastSyncRuns(this.adapter.reader, connector);
  }

  findLastSuccessfulSyncRuns(connector: string): Promise<SyncRun[]> {
    return findLastSyncRuns(this.adapter.reader, connector, { onlySuccessful: true });
  }

  recordReaderRequests(requests: readonly ReaderRequests[]): Promise<void> {
    return this.adapter.transaction((db) => recordReaderRequests(db, requests));
  }

  findReaderPositions(connectors: readonly string[]): Promise<ReaderPosition[]> {
    return findReaderPositions(this.adapter, connectors);
  }

  listQuarantine(connector?: string, limit = 1000) {
    return findOpenQuarantineEntries(this.adapter.reader, connector, limit);
  }

  async currentTime(): Promise<number> {
    const { now } = await this.adapter.reader
      .selectNoFrom(this.storeClock().as('now'))
      .executeTakeFirstOrThrow();
    return now;
  }

  registerDeployment(deployment: DeploymentIdentity): Promise<void> {
    return registerDeployment(this.adapter, deployment);
  }

  assertUnchanged(): void {
    this.adapter.changes.assertUnchanged();
  }

  onChange(notify: (error: StoreChangedError) => void): void {
    this.adapter.changes.onChange(notify);
  }

  get lastRestore(): StoreRestore | undefined {
    return this.session.restore;
  }

  get epoch(): number {
    return this.session.epoch;
  }

  writeHeartbeat(): Promise<void> {
    return this.session.writeHeartbeat();
  }

  checkWritable(): Promise<void> {
    return this.writeCheck.check();
  }

  async close(): Promise<void> {
    await this.adapter.close();
  }

  private bindFeed(connector: string, stream: Stream): Promise<OpenedFeed> {
    const key = `${connector} ${stream}`;
    let binding = this.bindings.get(key);
    if (!binding) {
      binding = this.getFeedId(connector, stream).then(
        (id) => new OpenedFeed(this.adapter, this.session, id, connector, stream),
      );
      this.bindings.set(key, binding);
      binding.catch(() => this.bindings.delete(key));
    }
    return binding;
  }

  private async getFeedId(connector: string, stream: Stream): Promise<number> {
    return (
      (await findFeedId(this.adapter.reader, connector, stream)) ?? (await this.createFeed(connector, stream))
    );
  }

  private async createFeed(connector: string, stream: Stream): Promise<number> {
    // The transaction is durable, because all gateways keep the id of the feed in memory as long as they run.
    const newId = this.adapter.createFeedId();
    const id = await this.adapter.durableTransaction(async (db) => {
      await db
        .insertInto('feeds')
        .values((eb) => ({
          ...(newId !== undefined && { id: newId }),
          connector,
          stream,
          head_seq: 0,
          // After a restore, readers may have later rows of this feed than the store contains. New rows must have later feed times than
          // these rows.
          head_time: eb.selectFrom('store_identity').select('min_feed_time'),
          cursor: null,
          fencing_token: 0,
          holder: null,
          leased_until: 0,
          due_at: 0,
          caught_up_at: null,
        }))
        .onConflict((conflict) => conflict.columns(['connector', 'stream']).doNothing())
        .execute();
      return findFeedId(db, connector, stream);
    });
    if (id === undefined) throw new Error(`the feed ${connector}/${stream} was created and cannot be found`);
    return id;
  }
}

/** The minimum of all feed times. */
const MIN_FEED_TIME = 0;

class SqlFeed implements Feed {
  readonly connector: string;
  readonly stream: Stream;
  private readonly pages: DatabaseAdapter;

  constructor(
    private readonly adapter: DatabaseAdapter,
    private readonly binding: OpenedFeed,
    private readonly clock: CurrentTimeExpression,
    private readonly pageCheck: JsonPageCheck,
  ) {
    this.connector = binding.connector;
    this.stream = binding.stream;
    this.pages = adapter.forPurpose('pages');
  }

  readPage(from: number | undefined, page: number, pageSize: number) {
    this.binding.assertUnchanged();
    const [fromTime, skipped] = [from ?? MIN_FEED_TIME, (page - 1) * pageSize];
    const read = this.adapter.readPage(this.binding, fromTime, skipped, pageSize);
    const finish = (found: SerializedPage | undefined) => {
      if (found === undefined) return this.explainMissingFeed();
      const request = `${this.binding.id} ${fromTime} ${page} ${pageSize}`;
      return this.pageCheck.isValid(request, found) ? found : this.rejectPage(fromTime, skipped, pageSize);
    };
    return read instanceof Promise ? read.then(finish) : finish(read);
  }

  /**
   * Throws the error for a page that cannot be served.
   * @throws DamagedRowsError always
   */
  private async rejectPage(from: number, skipped: number, count: number): Promise<never> {
    const rows = await findMalformedRows(this.adapter.reader, this.binding, from, skipped, count);
    throw new DamagedRowsError(this.connector, this.stream, rows);
  }

  verifyRows(after: number | undefined, count: number) {
    this.binding.assertUnchanged();
    return verifySampleOfRows(this.adapter.reader, this.binding, after, count);
  }

  updateDamageWarning(message: string | undefined): Promise<void> {
    return this.binding.explainStaleState(() =>
      this.adapter.transaction((db) =>
        updateDamageWarning(db, this.adapter, this.binding, message, this.clock),
      ),
    );
  }

  /**
   * Determines why the feed was not found.
   * @returns an empty page if the feed is missing only on a replica
   * @throws StoreChangedError when the database was replaced
   */
  private async explainMissingFeed(): Promise<SerializedPage> {
    await this.binding.assertExists();
    return { rows: 0, body: '[]' };
  }

  isPastEndOfList(from: number | undefined, page: number, pageSize: number) {
    return isPastEndOfList(this.pages, this.paginationKey(from, pageSize), page, this.clock);
  }

  recordEndOfList(from: number | undefined, page: number, pageSize: number) {
    return recordEndOfList(this.pages, this.paginationKey(from, pageSize), page, this.clock);
  }

  readRows(afterSeq: number, limit: number) {
    return readRows(this.adapter, this.binding, afterSeq, limit);
  }

  async latestBodies(ids: readonly string[]): Promise<Map<string, string>> {
    if (ids.length === 0) return new Map();
    this.binding.assertUnchanged();
    const rows = await this.adapter.reader
      .selectFrom('feed_rows')
      .select(['record_id', 'body'])
      .where('feed_id', '=', (eb) => eb.selectFrom('feeds').select('id').where(this.binding.isSameFeed))
      .where(this.adapter.inArray('record_id', ids))
      .orderBy('seq')
      .execute();
    if (rows.length === 0) await this.binding.assertExists();
    // The rows are in sequence, so later versions of a record replace earlier versions in the map.
    return new Map(rows.map(({ record_id, body }) => [record_id, body]));
  }

  async findExistingIds(ids: readonly string[]): Promise<Set<string>> {
    if (ids.length === 0) return new Set();
    this.binding.assertUnchanged();
    const rows = await this.adapter.reader
      .selectFrom('feed_rows')
      .select('record_id')
      .distinct()
      .where('feed_id', '=', (eb) => eb.selectFrom('feeds').select('id').where(this.binding.isSameFeed))
      .where(this.adapter.inArray('record_id', ids))
      .execute();
    if (rows.length === 0) await this.binding.assertExists();
    return new Set(rows.map(({ record_id }) => record_id));
  }

  async head() {
    const { head_seq, head_time } = await this.adapter.reader
      .selectFrom('feeds')
      .select(['head_seq', 'head_time'])
      .where(this.binding.isSameFeed)
      .executeTakeFirstOrThrow();
    return { rows: head_seq, feedTime: head_time ?? undefined };
  }

  acquireLease(holder: Parameters<Feed['acquireLease']>[0], ttlMs: number) {
    return acquireLease(this.adapter, this.binding, holder, ttlMs, this.clock);
  }

  acquireLeaseWhenDue(holder: Parameters<Feed['acquireLease']>[0], ttlMs: number) {
    return acquireLeaseWhenDue(this.adapter, this.binding, holder, ttlMs, this.clock);
  }

  private paginationKey(from: number | undefined, pageSize: number) {
    return { feed: this.binding, from: from ?? MIN_FEED_TIME, pageSize };
  }
}
