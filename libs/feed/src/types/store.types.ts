/** The interfaces of the store. The sync library writes through these interfaces, and HTTP requests read through them. */
import type {
  Cursor,
  DataWarning,
  NumberedRow,
  RejectedRecord,
  ServedBalances,
  Stream,
  SerializedPage,
  ValidatedBalances,
  SerializedRecord,
} from '@tributary/connector-api';
import type { StoreChangedError } from '../database/store-errors.js';
import type { CompletenessRepository, CompletenessState, TimedEffects } from './completeness.types.js';
import type { QuarantineEntry } from './quarantine.types.js';
import type { SyncRun } from './sync-run.types.js';
import type { ReaderPosition, ReaderRequests } from './reader-position.types.js';
import type { OperatorRepository } from './operator.types.js';
import type { OrderExchangeRepository } from './order-exchange.types.js';
import type { OrderProposalRepository } from './order-proposal.types.js';
import type { OrderRepository, OrderQueue } from './order.types.js';
import type { ReconciliationRepository } from './reconciliation.types.js';
import type { SentAlertRepository, TaskSchedule } from './task.types.js';

/** The plugin of a connector, and its account at the PSP. */
export interface ConnectorIdentity {
  path: string;
  plugin: string;
  /** The account at the PSP, as the plugin reports it; `undefined` when the plugin cannot report the account. It contains no secret. */
  account: string | undefined;
  /** The first path of the connector, if the deployment file says that it was renamed. Ids of orders are derived from the first path. */
  originalPath?: string;
}

/** The deployment to which a store belongs. */
export interface DeploymentIdentity {
  /** The name in the deployment file; `undefined` when the file contains no name. Gateways with the same name share the store. */
  name: string | undefined;
  connectors: readonly ConnectorIdentity[];
}

/** A restore of the store from a backup, or the promotion of a replica. Times are milliseconds since 1970. */
export interface StoreRestore {
  restoredAt: number;
  /**
   * The store contains everything that was written until this time. Data that was written between this time and `restoredAt` may be lost.
   */
  backupAt: number;
}

/** A request of an operator to pull a stream at once. */
export interface RequestedPull {
  connector: string;
  stream: Stream;
  /** Milliseconds since 1970, by the clock of the store. */
  requestedAt: number;
}

/** All persistent data of one deployment. */
export interface Store {
  /** Returns the feed of one stream, and creates it on first use. `connector` is the path: `house-bank`, `acme/house-bank`. */
  feed(connector: string, stream: Stream): Promise<Feed>;
  balances(connector: string): BalanceRepository;
  orders(connector: string): OrderRepository;
  completeness(connector: string): CompletenessRepository;
  /** Returns the stored data of reconciliation: ledger transactions, items, runs, breaks and events. */
  reconciliation(): ReconciliationRepository;
  /** Returns the schedule of tasks that only one gateway runs at a time. */
  tasks(): TaskSchedule;
  /** Returns the record of the alerts that were sent to channels. */
  sentAlerts(): SentAlertRepository;
  /** Returns the data for operators, their sessions, and the audit log. */
  operator(): OperatorRepository;
  orderQueue(): OrderQueue;
  /** Returns the requests to PSPs about orders, and the responses, of all connectors. */
  orderExchanges(): OrderExchangeRepository;
  /** Returns the proposed resolutions of orders of all connectors. */
  orderProposals(): OrderProposalRepository;
  /**
   * Stores the result of a sync run. The newest run of each stream is kept for ever, and older runs are kept for 30 days. Runs that found
   * nothing new are kept for one day, at most one for every ten minutes.
   */
  recordSyncRun(run: SyncRun): Promise<void>;
  /** Returns the requests of operators for which there was no successful pull yet. */
  findRequestedPulls(): Promise<RequestedPull[]>;
  /** Returns the last stored run of each stream of a connector. */
  findLastSyncRuns(connector: string): Promise<SyncRun[]>;
  /**
   * For each stream of a connector, returns the last stored run that read all data. The last run in reality can be up to ten minutes newer.
   */
  findLastSuccessfulSyncRuns(connector: string): Promise<SyncRun[]>;
  /** Adds requests to the stored positions of their readers. */
  recordReaderRequests(requests: readonly ReaderRequests[]): Promise<void>;
  /** Returns the positions of the readers of these connectors. */
  findReaderPositions(connectors: readonly string[]): Promise<ReaderPosition[]>;
  /** Returns the unresolved quarantine entries (rejected records and data warnings), newest first. */
  listQuarantine(connector?: string, limit?: number): Promise<QuarantineEntry[]>;
  /**
   * Returns the time of the clock that all gateways of this store share, in milliseconds since 1970.
   * @throws StoreUnavailableError when the store cannot be reached
   */
  currentTime(): Promise<number>;
  /**
   * Registers a deployment and its connectors.
   * @throws DeploymentConflictError when this store belongs to another deployment
   * @throws ConnectorConflictError when a connector belongs to another plugin or account in this store
   */
  registerDeployment(deployment: DeploymentIdentity): Promise<void>;
  /**
   * Checks, without a query, that no change of the store was reported. The method must be called before data of the store that is kept in
   * memory is used.
   * @throws StoreChangedError when a change was reported
   */
  assertUnchanged(): void;
  /** Calls `notify` once when this process finds that the database is not the store that it opened, or is in an older state. */
  onChange(notify: (error: StoreChangedError) => void): void;
  /** The newest restore of the store; `undefined` when the store was never restored. */
  readonly lastRestore: StoreRestore | undefined;
  /** A number that increases when the store continues from another state, i.e. after a restore or the promotion of a replica. */
  readonly epoch: number;
  /**
   * Writes a heartbeat, and checks that the store is unchanged.
   * @throws StoreChangedError when the database was replaced
   * @throws StoreUnavailableError when the store cannot be reached
   */
  writeHeartbeat(): Promise<void>;
  /**
   * Checks by a write that the store is unchanged and can store an order. Calls within one second share one write, so callers need no rate
   * limit.
   * @throws StoreChangedError when the database was replaced
   * @throws StoreUnavailableError when the database is read-only, full, locked, too slow or unavailable
   */
  checkWritable(): Promise<void>;
  close(): Promise<void>;
}

export interface Feed {
  readonly connector: string;
  readonly stream: Stream;
  /**
   * Returns a JSON array of the rows with a feed time at or after `from` (milliseconds since 1970). `page` counts from 1. The time
   * for a page does not depend on its number.
   * @throws DamagedRowsError when a row is not JSON, because it was altered in the database
   */
  readPage(
    from: number | undefined,
    page: number,
    pageSize: number,
  ): SerializedPage | Promise<SerializedPage>;
  /** Returns true if an earlier page with the same `from` and `pageSize` was served as the last page within the last minute. */
  isPastEndOfList(from: number | undefined, page: number, pageSize: number): Promise<boolean>;
  /**
   * Records that `page` is the last page, so that later pages stay empty for one minute. The method must be called before a page is sent
   * that is not full.
   */
  recordEndOfList(from: number | undefined, page: number, pageSize: number): Promise<void>;
  /** Returns at most `limit` rows after a sequence number (0: from the first row), in the sequence in which the rows became visible. */
  readRows(afterSeq: number, limit: number): Promise<NumberedRow[]>;
  /** Returns the JSON of the newest row for each of these ids (as served to clients). Ids without a row are left out. */
  latestBodies(ids: readonly string[]): Promise<Map<string, string>>;
  /** Returns those of the given ids (as served to clients) for which the feed has a row. */
  findExistingIds(ids: readonly string[]): Promise<Set<string>>;
  /**
   * Compares rows with the hashes that were stored when the rows were appended.
   * @param after feed time after which the rows begin; `undefined` for the first row
   * @param count maximum number of rows
   */
  verifyRows(after: number | undefined, count: number): Promise<RowSample>;
  /**
   * Stores the data warning about damaged rows, or resolves it.
   * @param message `undefined` when no row is damaged any more
   */
  updateDamageWarning(message: string | undefined): Promise<void>;
  /** Returns the number of rows and the feed time of the last row. */
  head(): Promise<{ rows: number; feedTime: number | undefined }>;
  /**
   * Acquires the lease of the feed, i.e. the right to append for `ttlMs`. The result is `undefined` while another holder has the lease. If
   * a holder on this machine has died, its lease is free at once.
   */
  acquireLease(holder: LeaseHolder, ttlMs: number): Promise<Lease | undefined>;
  /** Acquires the lease only if the stream is due, according to the schedule that the last pull stored. */
  acquireLeaseWhenDue(holder: LeaseHolder, ttlMs: number): Promise<Lease | PullNotDue | undefined>;
}

/** A row that was altered after it had been appended. */
export interface DamagedRow {
  seq: number;
  /** The id of the record, as served to clients. */
  id: string;
  reason: string;
}

/** The result of comparing rows with their hashes. */
export interface RowSample {
  /** The number of rows that were compared. */
  checked: number;
  /** The feed time of the last row that was compared; `undefined` when there are no rows. */
  last: number | undefined;
  damaged: DamagedRow[];
}

/** The state of a stream that is not due yet, by the clock that all gateways of the store share. */
export interface PullNotDue {
  /** The milliseconds until the stream is due. */
  dueInMs: number;
  /** The milliseconds since a pull last read all data of the stream; `undefined` when no pull has. */
  sinceCaughtUpMs: number | undefined;
}

/** The schedule that a pull stores for all gateways of the store. */
export interface NextPullSchedule {
  /** The milliseconds from now until the stream is due. */
  dueInMs: number;
  hasCaughtUp: boolean;
}

/** Identifies a process that appends. Each start of a process gets another identity. */
export interface LeaseHolder {
  host: string;
  pid: number;
  id: string;
}

export interface Lease {
  /** The cursor of the last committed page; `undefined` before the first page. */
  readonly cursor: Cursor | undefined;
  /** The sequence number of the last row of the feed, as far as this lease has seen it. */
  readonly headSeq: number;
  /**
   * Extends the lease.
   * @returns false when the lease was lost. The caller must then stop
   */
  renew(): Promise<boolean>;
  /**
   * Writes rows, rejected records, balances and the cursor in ONE transaction, which checks the fencing token (the number of this lease).
   * @throws LeaseLostError when the lease was lost; in this case nothing was written
   */
  append(page: FeedPage): Promise<AppendResult>;
  /**
   * Makes the next append also read the sums of these accounts, so that `findSums` returns them without a statement. If there are many
   * accounts, the call has no effect.
   */
  preloadSums(accountIds: readonly string[]): void;
  /**
   * Returns the sums of these accounts after the last append of this lease.
   * @returns `undefined` if the sums of an account are not in memory, or if this process has stored a check since
   */
  findSums(accountIds: readonly string[]): CompletenessState | undefined;
  /**
   * Serves the rows that have waited for their original longer than `maxHoldMs`, without the reference to the original, and adds a data
   * warning. The method must be called when a pull has read all data, because before this the original can still be on the next page.
   * @throws LeaseLostError when the lease was lost
   */
  serveOverdueRows(maxHoldMs: number): Promise<void>;
  /**
   * Releases the lease.
   * @param next the new schedule; if it is absent, the schedule does not change
   */
  release(next?: NextPullSchedule): Promise<void>;
}

export interface FeedPage {
  /** The records in the sequence in which they become visible. */
  records: SerializedRecord[];
  rejected: RejectedRecord[];
  warnings: DataWarning[];
  /** The ids of the rejected records and data warnings that are resolved. */
  resolvedIds: string[];
  balances: ValidatedBalances[];
  cursor: Cursor;
}

/**
 * The numbers of records that an append handled. `unchanged` is the number of versions that the feed already had. A record that waits for
 * its original counts when it arrives.
 */
export interface AppendResult {
  added: number;
  changed: number;
  unchanged: number;
  rejected: number;
  /** The changes of account balances that the new rows of transactions cause. */
  effects: readonly TimedEffects[];
}

/** Reads and writes the last balances of each account of a connector. */
export interface BalanceRepository {
  /** Returns the balances of an account that were observed last, or `undefined`. `accountId` is the id as served to clients. */
  findLatest(accountId: string): Promise<ServedBalances | undefined>;
  /** Returns the balances of many accounts that were observed last, by account id. Accounts without an observation are left out. */
  findLatestOfAccounts(accountIds: readonly string[]): Promise<Map<string, ServedBalances>>;
  /**
   * Stores an observation. The amounts of assets that disappeared become zero, and `at` increases when an amount changes.
   * @returns the balances to serve
   */
  recordObservation(balances: ValidatedBalances): Promise<ServedBalances>;
  /**
   * Returns the balances that were observed last, with the times for their readers, and stores that the readers got them. The first
   * response with new amounts contains the time at which the amounts became true. Later responses contain a time after the reader's next
   * request.
   * @param validForMs a fixed validity; by default the validity depends on the polling interval of each reader
   * @returns the balances of each request; `undefined` for an account without an observed balance
   */
  serveReaders(
    requests: readonly ReaderRequest[],
    validForMs?: number,
  ): Promise<(ServedBalances | undefined)[]>;
  /**
   * Returns the balances of accounts that were observed last, by account id, and whether the reader got them. Accounts without an
   * observation are left out.
   */
  findServedTo(
    reader: string,
    accountIds: readonly string[],
  ): Promise<Map<string, ObservedBalancesForReader>>;
  /** Returns the same balances as `serveReaders`, but stores nothing. It is used when the store cannot be written. */
  previewReaders(
    requests: readonly ReaderRequest[],
    validForMs?: number,
  ): Promise<(ServedBalances | undefined)[]>;
}

/** The balances of an account that were observed last, and whether a reader got them. */
export interface ObservedBalancesForReader {
  /** The amounts in minor units as decimal digits, by asset. */
  amounts: ReadonlyMap<string, string>;
  /** True if the last response to the reader contained these amounts. */
  isServed: boolean;
}

/** A request of a reader for the balances of an account. */
export interface ReaderRequest {
  accountId: string;
  /** The id of the reader's API key. */
  reader: string;
  /** True if the PSP has just confirmed the stored balances. If false, the PSP was not called yet or does not respond. */
  isCurrent: boolean;
}
