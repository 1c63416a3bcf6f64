/** Interfaces of the store. The sync library writes through them, and HTTP requests read through them. */
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
import type { CompletenessRepository, TimedEffect } from './completeness.types.js';
import type { QuarantineEntry } from './quarantine.types.js';
import type { SyncRun } from './sync-run.types.js';
import type { ReaderPosition, ReaderRequests } from './reader-position.types.js';
import type { OperatorRepository } from './operator.types.js';
import type { OrderRepository, OrderQueue } from './order.types.js';
import type { ReconciliationRepository } from './reconciliation.types.js';
import type { SentAlertRepository, TaskSchedule } from './task.types.js';

/** The plugin of a connector, and its account at the PSP. */
export interface ConnectorIdentity {
  path: string;
  plugin: string;
  /** The account at the PSP, as the plugin reports it; `undefined` when the plugin cannot report it. It contains no secret. */
  account: string | undefined;
}

/** The deployment that a store belongs to. */
export interface DeploymentIdentity {
  /** Name in the deployment file; `undefined` when the file has no name. Gateways with the same name share the store. */
  name: string | undefined;
  connectors: readonly ConnectorIdentity[];
}

/** A restore of the store, or the promotion of a replica. Milliseconds since 1970. */
export interface StoreRestore {
  restoredAt: number;
  /**
   * The store contains everything that was written until this time. Data that was written between this time and `restoredAt` may be lost.
   */
  backupAt: number;
}

/** A request of an operator to pull a stream at once. */
export interface PullRequest {
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
  /** Returns the schedule of tasks that exactly one of the gateways runs at a time. */
  tasks(): TaskSchedule;
  /** Returns the stored alerts that were sent to channels. */
  sentAlerts(): SentAlertRepository;
  /** Returns the data for operators, their sessions, and the audit log. */
  operator(): OperatorRepository;
  orderQueue(): OrderQueue;
  /**
   * Stores the result of a sync run. The newest run of each stream is kept for ever, and older runs for 30 days. If runs found nothing new,
   * one of them for every ten minutes is kept, for one day.
   */
  recordSyncRun(run: SyncRun): Promise<void>;
  /** Returns the requests that no successful pull has fulfilled yet. */
  findPullRequests(): Promise<PullRequest[]>;
  /** Returns the last recorded run of each stream of a connector. */
  findLastSyncRuns(connector: string): Promise<SyncRun[]>;
  /** For each stream of a connector, returns the last stored run that caught up. The actual last run can be up to ten minutes newer. */
  findLastSuccessfulSyncRuns(connector: string): Promise<SyncRun[]>;
  /** Adds requests to the positions of their readers. */
  recordReaderRequests(requests: readonly ReaderRequests[]): Promise<void>;
  /** Returns the positions of the readers of these connectors. */
  findReaderPositions(connectors: readonly string[]): Promise<ReaderPosition[]>;
  /** Returns the unresolved quarantine entries (rejected records and data warnings), newest first. */
  listQuarantine(connector?: string, limit?: number): Promise<QuarantineEntry[]>;
  /** Returns the time of the clock that all gateways of this store share, in milliseconds since 1970. @throws StoreUnavailableError */
  currentTime(): Promise<number>;
  /**
   * Registers a deployment and its connectors.
   * @throws DeploymentConflictError when this store belongs to another deployment
   * @throws ConnectorConflictError when a connector belongs to another plugin or account in this store
   */
  registerDeployment(deployment: DeploymentIdentity): Promise<void>;
  /**
   * Checks, without a query, that no change of the store was reported. Call it before the use of cached data of the store. @throws
   * StoreChangedError
   */
  assertUnchanged(): void;
  /** Calls `notify` once when this process finds that the database is another store, or an older state of the store, than it opened. */
  onChange(notify: (error: StoreChangedError) => void): void;
  /** The newest restore of the store; `undefined` when it was never restored. */
  readonly lastRestore: StoreRestore | undefined;
  /** Increases when the store continues from another state: after a restore, or the promotion of a replica. */
  readonly epoch: number;
  /** Writes a heartbeat, and checks that the store is unchanged. @throws StoreChangedError, StoreUnavailableError */
  writeHeartbeat(): Promise<void>;
  /**
   * Checks by a write that the store is unchanged and can store an order. Calls within one second share one write, so callers need no rate
   * limit.
   * @throws StoreChangedError; StoreUnavailableError when the database is read-only, full, locked, too slow or unavailable
   */
  checkWritable(): Promise<void>;
  close(): Promise<void>;
}

export interface Feed {
  readonly connector: string;
  readonly stream: Stream;
  /**
   * Returns a JSON array of the rows with a feed time at or after `from` (milliseconds since 1970). `page` counts from 1. All pages take
   * the same time, independent of their number.
   * @throws DamagedRowsError when a row is not JSON, because it was altered in the database
   */
  readPage(
    from: number | undefined,
    page: number,
    pageSize: number,
  ): SerializedPage | Promise<SerializedPage>;
  /** Returns true when an earlier page with the same `from` and `pageSize` was served as the last page within the last minute. */
  isPastLastPage(from: number | undefined, page: number, pageSize: number): Promise<boolean>;
  /**
   * Records that `page` is the last page, so that later pages stay empty for one minute. Call it before a page is sent that is not full.
   */
  recordLastPage(from: number | undefined, page: number, pageSize: number): Promise<void>;
  /** Returns at most `limit` rows after a sequence number (0: from the first row), in the sequence in which they became visible. */
  readRows(afterSeq: number, limit: number): Promise<NumberedRow[]>;
  /** Returns the JSON of the newest row for each of these ids (as served to clients). Ids without a row are omitted. */
  latestBodies(ids: readonly string[]): Promise<Map<string, string>>;
  /** Returns the ids among these (as served to clients) for which the feed has a row. */
  findExistingIds(ids: readonly string[]): Promise<Set<string>>;
  /**
   * Compares rows with the hashes that were stored when the rows were appended.
   * @param after feed time after which the rows begin; `undefined` for the first row
   * @param count maximum number of rows
   */
  verifyRows(after: number | undefined, count: number): Promise<RowSample>;
  /** Stores the data warning about damaged rows, or resolves it. @param message `undefined` when no row is damaged any more */
  updateDamageWarning(message: string | undefined): Promise<void>;
  /** Returns the number of rows and the feed time of the last row. */
  head(): Promise<{ rows: number; feedTime: number | undefined }>;
  /**
   * Acquires the right to append for `ttlMs`. Returns `undefined` while another holder has the lease. If a holder on this machine has died,
   * its lease is free at once.
   */
  acquireLease(holder: LeaseHolder, ttlMs: number): Promise<Lease | undefined>;
  /** Acquires the lease only when the stream is due, according to the schedule that the last pull stored. */
  acquireLeaseWhenDue(holder: LeaseHolder, ttlMs: number): Promise<Lease | PullNotDue | undefined>;
}

/** A row that was altered after it had been appended. */
export interface DamagedRow {
  seq: number;
  /** Id of the record, as served. */
  id: string;
  reason: string;
}

/** The result of comparing rows with their hashes. */
export interface RowSample {
  /** Number of rows that were compared. */
  checked: number;
  /** Feed time of the last compared row; `undefined` when there are no rows. */
  last: number | undefined;
  damaged: DamagedRow[];
}

/** The state of a stream that is not due yet, by the clock that all gateways of the store share. */
export interface PullNotDue {
  /** Milliseconds until the stream is due. */
  dueInMs: number;
  /** Milliseconds since the stream last caught up; `undefined` when it never has. */
  sinceCaughtUpMs: number | undefined;
}

/** The schedule that a pull stores for all gateways of the store. */
export interface NextPullSchedule {
  /** Milliseconds from now until the stream is due. */
  dueInMs: number;
  hasCaughtUp: boolean;
}

/** Identifies a process that appends. Unique per process start. */
export interface LeaseHolder {
  host: string;
  pid: number;
  id: string;
}

export interface Lease {
  /** Cursor of the last committed page; `undefined` before the first one. */
  readonly cursor: Cursor | undefined;
  /** Sequence number of the last row of the feed, as far as this lease has seen it. */
  readonly headSeq: number;
  /** Extends the lease. @returns false when the lease was lost; the caller must stop. */
  renew(): Promise<boolean>;
  /**
   * Writes rows, rejected records, balances and cursor in ONE transaction that checks the fencing token.
   * @throws LeaseLostError when the lease was lost; then nothing was written
   */
  append(page: FeedPage): Promise<AppendResult>;
  /**
   * Serves the rows that have waited for their original longer than `maxHoldMs`, without the reference to it, and adds a data warning. Call
   * it when a pull has caught up; before this, the original can still be on the next page.
   * @throws LeaseLostError
   */
  serveOverdueRows(maxHoldMs: number): Promise<void>;
  /** Releases the lease. @param next the new schedule; without it the schedule does not change */
  release(next?: NextPullSchedule): Promise<void>;
}

export interface FeedPage {
  /** The records in the sequence in which they become visible. */
  records: SerializedRecord[];
  rejected: RejectedRecord[];
  warnings: DataWarning[];
  /** Ids of the rejected records and data warnings that are resolved. */
  resolvedIds: string[];
  balances: ValidatedBalances[];
  cursor: Cursor;
}

/** Numbers of records. `unchanged` is the number of versions that the feed already had. A held record counts when it arrives. */
export interface AppendResult {
  added: number;
  changed: number;
  unchanged: number;
  rejected: number;
  /** The changes of account balances that the new rows of transactions cause. */
  effects: readonly TimedEffect[];
}

/** Reads and writes the last balances of each account of a connector. */
export interface BalanceRepository {
  /** Returns the last observed balances of the account (id as served to clients), or `undefined`. */
  findLatest(accountId: string): Promise<ServedBalances | undefined>;
  /** Returns the last observed balances of many accounts, by id. Accounts without an observation are omitted. */
  findLatestOfAccounts(accountIds: readonly string[]): Promise<Map<string, ServedBalances>>;
  /**
   * Records an observation. Assets that disappeared become zero, and `at` increases when an amount changes.
   * @returns the balances to serve
   */
  recordObservation(balances: ValidatedBalances): Promise<ServedBalances>;
  /**
   * Returns the last observed balances with the times for their readers, and stores that the readers got them. The first response with new
   * amounts has the time at which they became true. Later responses have a time after the reader's next request.
   * @param validForMs a fixed validity; by default it follows the polling interval of each reader
   * @returns the balances of each request; `undefined` for an account without an observed balance
   */
  serveReaders(
    requests: readonly ReaderRequest[],
    validForMs?: number,
  ): Promise<(ServedBalances | undefined)[]>;
  /** Returns the last observed balances of accounts, by id, and whether a reader got them. Accounts without an observation are left out. */
  findServedTo(reader: string, accountIds: readonly string[]): Promise<Map<string, BalancesOfReader>>;
  /** Returns what `serveReaders` would return, and records nothing. For a store that cannot be written at present. */
  previewReaders(
    requests: readonly ReaderRequest[],
    validForMs?: number,
  ): Promise<(ServedBalances | undefined)[]>;
}

/** The last observed balances of an account, as a reader knows them. */
export interface BalancesOfReader {
  /** Minor units as decimal digits, by asset. */
  amounts: ReadonlyMap<string, string>;
  /** Whether the last response to the reader had these amounts. */
  isServed: boolean;
}

/** A request of a reader for the balances of an account. */
export interface ReaderRequest {
  accountId: string;
  /** Id of the API key. */
  reader: string;
  /** Whether the PSP has just confirmed the stored balances. If false, the PSP was not called yet or does not respond. */
  isCurrent: boolean;
}
