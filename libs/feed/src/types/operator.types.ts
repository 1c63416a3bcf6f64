/**
 * Types of the data that operators read. Every list is read in pages: a page has at most `limit` entries and begins after a position, which
 * is the key of the last entry of the previous page. All times are milliseconds since 1970.
 */
import type { Stream } from '@tributary/connector-api';
import type { AuditEvent, OperatorAuthor } from './audit.types.js';
import type { OrderState, StoredOrder } from './order.types.js';
import type { QuarantineEntry } from './quarantine.types.js';
import type { SyncRun } from './sync-run.types.js';

/** The state of one stream of a connector. */
export interface StreamState {
  connector: string;
  stream: Stream;
  /** Number of rows in the feed. */
  rows: number;
  /** Feed time of the newest row. */
  lastRowAt?: number;
  /** Time at which a pull last reached the end of the PSP's list. */
  caughtUpAt?: number;
  /** Time at which the stream is due; absent if an operator requested a pull that no pull has fulfilled yet. */
  dueAt?: number;
  isPulling: boolean;
  /** Time at which an operator paused the stream. */
  pausedAt?: number;
  /** Number of unresolved entries of the quarantine. */
  rejectedRecords: number;
  dataWarnings: number;
  lastRun?: SyncRun;
}

export interface SyncRunFilter {
  connector: string;
  stream?: Stream;
  /** Whether only runs that ended with an error are returned. */
  onlyFailed?: boolean;
}

/** Runs are sorted by their start, newest first. */
export type SyncRunPosition = Pick<SyncRun, 'startedAt' | 'stream'>;

/** One version of a record, as stored in the feed. */
export interface StoredVersion {
  /** Sequence number of the row in the feed. */
  sequence: number;
  feedTime: number;
  recordId: string;
  /** The JSON as served to clients. */
  body: string;
}

/**
 * A part of a feed. Rows are read backwards, from the newest row. The feed time of a row is unique in its feed, so it is also its position.
 */
export interface RowRange {
  connector: string;
  stream: Stream;
  /** Only rows with a feed time at or after this time. */
  fromMs?: number;
  /** Only rows with a feed time before this time. */
  toMs?: number;
  limit: number;
}

export interface QuarantineFilter {
  connectors: readonly string[];
  stream?: Stream;
  kind?: QuarantineEntry['kind'];
}

/** The unresolved entries of one kind in one stream. */
export interface QuarantineSummary extends Pick<QuarantineEntry, 'connector' | 'stream' | 'kind'> {
  /** At least 1. */
  count: number;
  /** Times at which the oldest and the newest entry first appeared. */
  oldestSince: number;
  newestSince: number;
}

/** Identifies an entry of the quarantine. */
export type QuarantineKey = Pick<QuarantineEntry, 'connector' | 'stream' | 'kind' | 'id'>;
/** Entries are sorted by the time of their first appearance, newest first. */
export type QuarantinePosition = QuarantineKey & Pick<QuarantineEntry, 'since'>;

export interface OrderFilter {
  connectors: readonly string[];
  states?: readonly OrderState[];
}

/** Orders are sorted by their creation, newest first. */
export type OrderPosition = Pick<StoredOrder, 'createdAt' | 'id'>;

/** The last observed balances of an account. */
export interface AccountBalances {
  connector: string;
  accountId: string;
  observedAt: number;
  /** Amounts in minor units, by asset. */
  amounts: ReadonlyMap<string, bigint>;
}
export type BalancePosition = Pick<AccountBalances, 'connector' | 'accountId'>;

export interface OperatorSession {
  keyId: string;
  expiresAt: number;
}

/**
 * Reads all data for operators, and writes their changes, audit events and sessions. It uses a separate share of the database's
 * connections.
 */
export interface OperatorRepository {
  /** Returns the states of all streams of these connectors, sorted by connector and stream. Streams that were never pulled are omitted. */
  listStreamStates(connectors: readonly string[]): Promise<StreamState[]>;
  listSyncRuns(filter: SyncRunFilter, after: SyncRunPosition | undefined, limit: number): Promise<SyncRun[]>;
  /** Returns rows, newest first. */
  readRowsBackwards(range: RowRange): Promise<StoredVersion[]>;
  /** Returns the versions of a record, newest first. @param id the id as served to clients */
  findVersions(connector: string, stream: Stream, id: string, limit: number): Promise<StoredVersion[]>;
  /** Returns unresolved entries without the raw record of the PSP, newest first. */
  listQuarantine(
    filter: QuarantineFilter,
    after: QuarantinePosition | undefined,
    limit: number,
  ): Promise<QuarantineEntry[]>;
  /** Summarizes all unresolved entries, sorted by connector, stream and kind. Streams without entries are omitted. */
  summarizeQuarantine(filter: QuarantineFilter): Promise<QuarantineSummary[]>;
  /** Returns an unresolved entry with the raw record of the PSP. */
  findQuarantineEntry(key: QuarantineKey): Promise<QuarantineEntry | undefined>;
  listOrders(filter: OrderFilter, after: OrderPosition | undefined, limit: number): Promise<StoredOrder[]>;
  /** Returns the last observed balances, sorted by connector and account. */
  listBalances(
    connectors: readonly string[],
    after: BalancePosition | undefined,
    limit: number,
  ): Promise<AccountBalances[]>;

  /**
   * Requests an immediate pull of streams. If a gateway waits after a failure of such a stream, it notices the request within seconds.
   * @returns the streams that were changed, i.e. those that were ever pulled. The following methods return the same
   */
  requestPulls(author: OperatorAuthor, streams: readonly Stream[]): Promise<Stream[]>;
  /** Pauses streams: a running pull loses its lease, and no gateway pulls them until they are resumed. */
  pauseStreams(author: OperatorAuthor, streams: readonly Stream[]): Promise<Stream[]>;
  resumeStreams(author: OperatorAuthor, streams: readonly Stream[]): Promise<Stream[]>;
  /**
   * Makes the next pull read again everything that changed at the PSP since a time. Unchanged records get no new version.
   * @returns for each stream the time of the cursor from which the pull begins; `undefined` means the beginning of the list
   */
  rereadStreams(
    author: OperatorAuthor,
    streams: readonly Stream[],
    fromMs: number,
  ): Promise<{ stream: Stream; cursorAt: number | undefined }[]>;
  /**
   * Dismisses an entry of the quarantine. It stays resolved while the PSP sends the record again with the same fault.
   * @returns false if there is no such unresolved entry
   */
  dismissEntry(author: OperatorAuthor, key: Omit<QuarantineKey, 'connector'>, note: string): Promise<boolean>;

  /**
   * Returns events with a smaller sequence number, newest first.
   * @param tenant returns only events of this tenant's connectors; `undefined` for all events
   */
  listAuditEvents(
    tenant: string | undefined,
    beforeSeq: number | undefined,
    limit: number,
  ): Promise<AuditEvent[]>;

  /** Stores a session, and deletes the expired sessions. */
  createSession(tokenHash: string, keyId: string, lifetimeMs: number): Promise<OperatorSession>;
  /** Returns a session unless it has expired. */
  findSession(tokenHash: string): Promise<OperatorSession | undefined>;
  deleteSession(tokenHash: string): Promise<void>;
}
