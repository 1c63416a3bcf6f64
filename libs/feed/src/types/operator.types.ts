/**
 * Types of the data that operators read. Every list is read in pages. A page has at most `limit` entries and begins after a position, which
 * is the key of the last entry of the previous page. All times are milliseconds since 1970.
 */
import type { Stream } from '@tributary/connector-api';
import type { AuditEntry, AuditEvent, OperatorAuthor } from './audit.types.js';
import type { OrderState, StoredOrder } from './order.types.js';
import type { QuarantineEntry } from './quarantine.types.js';
import type { SyncRun } from './sync-run.types.js';

/** The state of one stream of a connector. */
export interface StreamState {
  connector: string;
  stream: Stream;
  /** The number of rows in the feed. */
  rows: number;
  /** The feed time of the newest row. */
  lastRowAt?: number;
  /** The time at which a pull last reached the end of the PSP's list. */
  caughtUpAt?: number;
  /** The time at which the stream is due. It is absent if an operator requested a pull, and no pull has succeeded since then. */
  dueAt?: number;
  isPulling: boolean;
  /** The time at which an operator paused the stream; absent for a stream that is not paused. */
  pausedAt?: number;
  /** The number of unresolved entries of the quarantine. */
  rejectedRecords: number;
  dataWarnings: number;
  lastRun?: SyncRun;
}

export interface SyncRunFilter {
  connector: string;
  stream?: Stream;
  /** True if only runs that ended with an error are returned. */
  onlyFailed?: boolean;
}

/** The position of a run in a list of runs, which is sorted by the start of the runs, newest first. */
export type SyncRunPosition = Pick<SyncRun, 'startedAt' | 'stream'>;

/** One version of a record, as the feed contains it. */
export interface StoredVersion {
  /** The sequence number of the row in the feed. */
  sequence: number;
  feedTime: number;
  recordId: string;
  /** The JSON as served to clients. */
  body: string;
}

/**
 * Selects a part of a feed. Rows are read backwards, from the newest row. The feed time of a row is unique in its feed, so it is also the
 * position of the row.
 */
export interface RowRange {
  connector: string;
  stream: Stream;
  /** If set, only rows with a feed time at or after this time are returned. */
  fromMs?: number;
  /** If set, only rows with a feed time before this time are returned. */
  toMs?: number;
  limit: number;
}

export interface QuarantineFilter {
  connectors: readonly string[];
  stream?: Stream;
  kind?: QuarantineEntry['kind'];
  /** The id of the entry: for a rejected record, its id as the PSP sent it. */
  id?: string;
}

/** The number and the age of the unresolved entries of one kind in one stream. */
export interface QuarantineSummary extends Pick<QuarantineEntry, 'connector' | 'stream' | 'kind'> {
  /** The number of entries, at least 1. */
  count: number;
  /** The times at which the oldest and the newest entry first appeared. */
  oldestSince: number;
  newestSince: number;
}

/** The properties that identify an entry of the quarantine. */
export type QuarantineKey = Pick<QuarantineEntry, 'connector' | 'stream' | 'kind' | 'id'>;
/** The position of an entry in a list of entries, which is sorted by the time of their first appearance, newest first. */
export type QuarantinePosition = QuarantineKey & Pick<QuarantineEntry, 'since'>;

export interface OrderFilter {
  connectors: readonly string[];
  states?: readonly OrderState[];
}

/** The position of an order in a list of orders, which is sorted by their creation, newest first. */
export type OrderPosition = Pick<StoredOrder, 'createdAt' | 'id'>;

/** The balances of an account that were observed last. */
export interface AccountBalances {
  connector: string;
  accountId: string;
  observedAt: number;
  /** The amounts in minor units, by asset. */
  amounts: ReadonlyMap<string, bigint>;
}
export type BalancePosition = Pick<AccountBalances, 'connector' | 'accountId'>;

/** The kinds of data whose changes are told to consoles. */
export type ChangeTopic = 'streams' | 'clients' | 'orders';

/** Texts that change when data changes, and the new audit events. */
export interface ChangeMarkers {
  /** The texts by a key that is unique for topic and connector. */
  markers: Map<string, { topic: ChangeTopic; connector: string; text: string }>;
  /** The number of the last audit event that was read. */
  auditSeq: number;
  auditEvents: Pick<AuditEvent, 'tenant' | 'connector'>[];
}

export interface OperatorSession {
  keyId: string;
  expiresAt: number;
}

/**
 * Reads all data for operators, and writes their changes, audit events and sessions. It uses only its own small share of the database
 * connections, so that it does not slow other work.
 */
export interface OperatorRepository {
  /** Returns the states of all streams of these connectors, sorted by connector and stream. Streams that were never pulled are left out. */
  listStreamStates(connectors: readonly string[]): Promise<StreamState[]>;
  listSyncRuns(filter: SyncRunFilter, after: SyncRunPosition | undefined, limit: number): Promise<SyncRun[]>;
  /** Returns the rows of a part of a feed, newest first. */
  readRowsBackwards(range: RowRange): Promise<StoredVersion[]>;
  /**
   * Returns the versions of a record, newest first.
   * @param id the id as served to clients
   */
  findVersions(connector: string, stream: Stream, id: string, limit: number): Promise<StoredVersion[]>;
  /** Returns unresolved entries, newest first, without the raw record of the PSP. */
  listQuarantine(
    filter: QuarantineFilter,
    after: QuarantinePosition | undefined,
    limit: number,
  ): Promise<QuarantineEntry[]>;
  /** Returns a summary of all unresolved entries, sorted by connector, stream and kind. Streams without entries are left out. */
  summarizeQuarantine(filter: QuarantineFilter): Promise<QuarantineSummary[]>;
  /** Returns an unresolved entry, including the raw record of the PSP. */
  findQuarantineEntry(key: QuarantineKey): Promise<QuarantineEntry | undefined>;
  listOrders(filter: OrderFilter, after: OrderPosition | undefined, limit: number): Promise<StoredOrder[]>;
  /** Returns the balances that were observed last, sorted by connector and account. */
  listBalances(
    connectors: readonly string[],
    after: BalancePosition | undefined,
    limit: number,
  ): Promise<AccountBalances[]>;
  /**
   * Returns the last balances of each UTC day on which the balances of the account were observed, newest first.
   * @param beforeMs only days before the day that contains this time; `undefined` to begin with the newest day
   */
  listBalanceHistory(
    account: BalancePosition,
    beforeMs: number | undefined,
    limit: number,
  ): Promise<AccountBalances[]>;

  /**
   * Requests an immediate pull of streams. If a gateway waits after a failure of such a stream, it finds the request within seconds.
   * @returns the streams that were changed, i.e. those that were ever pulled. The methods below return the same
   */
  requestPulls(author: OperatorAuthor, streams: readonly Stream[]): Promise<Stream[]>;
  /** Pauses streams. A running pull loses its lease, and no gateway pulls the streams until they are resumed. */
  pauseStreams(author: OperatorAuthor, streams: readonly Stream[]): Promise<Stream[]>;
  resumeStreams(author: OperatorAuthor, streams: readonly Stream[]): Promise<Stream[]>;
  /**
   * Makes the next pull read again everything that has changed at the PSP since a time. Unchanged records get no new version.
   * @returns for each stream the time of the cursor from which the pull begins; `undefined` means the beginning of the list
   */
  rereadStreams(
    author: OperatorAuthor,
    streams: readonly Stream[],
    fromMs: number,
  ): Promise<{ stream: Stream; cursorAt: number | undefined }[]>;
  /**
   * Dismisses an entry of the quarantine. The entry stays resolved while the PSP sends the record again with the same fault.
   * @returns false if there is no such unresolved entry
   */
  dismissEntry(author: OperatorAuthor, key: Omit<QuarantineKey, 'connector'>, note: string): Promise<boolean>;

  /** Records a change that has no other row in the store, e.g. a reload of the deployment file. */
  recordAuditEvent(entry: AuditEntry): Promise<void>;
  /**
   * Returns audit events with a smaller sequence number, newest first.
   * @param tenant returns only events of this tenant's connectors; `undefined` for all events
   */
  listAuditEvents(
    tenant: string | undefined,
    beforeSeq: number | undefined,
    limit: number,
  ): Promise<AuditEvent[]>;

  /** Stores a session of an operator, and deletes the expired sessions. */
  createSession(tokenHash: string, keyId: string, lifetimeMs: number): Promise<OperatorSession>;
  /** Returns a session. The result is `undefined` if there is none, or if it has expired. */
  findSession(tokenHash: string): Promise<OperatorSession | undefined>;
  deleteSession(tokenHash: string): Promise<void>;
  /** Returns those of these sessions that exist and have not expired. */
  findLiveSessions(tokenHashes: readonly string[]): Promise<ReadonlySet<string>>;

  /**
   * Returns texts that change when the data of a connector changes, and the audit events after a number.
   * @param afterAuditSeq `undefined` to return only the number of the newest event
   */
  readChangeMarkers(afterAuditSeq: number | undefined): Promise<ChangeMarkers>;
}
