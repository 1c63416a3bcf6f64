/** The database tables as types for Kysely. Times are milliseconds since 1970. */
import type { Generated } from 'kysely';
import type { OrderState } from '../types/order.types.js';
import type {
  LedgerTransactionTable,
  ReconciliationBreakTable,
  ReconciliationEventTable,
  ReconciliationItemTable,
  ReconciliationKeyTable,
  ReconciliationPolicyTable,
  ReconciliationPositionTable,
  ReconciliationRunTable,
} from './reconciliation-schema.js';

export interface Schema {
  feeds: FeedTable;
  feed_rows: FeedRowTable;
  held_rows: HeldRowTable;
  balances: BalanceTable;
  balance_history: BalanceHistoryTable;
  reader_balances: ReaderBalanceTable;
  quarantine: QuarantineTable;
  sync_runs: SyncRunTable;
  orders: OrderTable;
  order_history: OrderHistoryTable;
  order_days: OrderDayTable;
  order_exchanges: OrderExchangeTable;
  order_proposals: OrderProposalTable;
  last_pages: EndOfListMarkerTable;
  store_identity: StoreIdentityTable;
  connectors: ConnectorTable;
  account_sums: AccountSumTable;
  feed_checkpoints: FeedCheckpointTable;
  ledger_transactions: LedgerTransactionTable;
  reconciliation_policies: ReconciliationPolicyTable;
  reconciliation_positions: ReconciliationPositionTable;
  reconciliation_items: ReconciliationItemTable;
  reconciliation_keys: ReconciliationKeyTable;
  reconciliation_runs: ReconciliationRunTable;
  reconciliation_breaks: ReconciliationBreakTable;
  reconciliation_events: ReconciliationEventTable;
  reader_positions: ReaderPositionTable;
  scheduled_tasks: ScheduledTaskTable;
  sent_alerts: SentAlertTable;
  audit_events: AuditEventTable;
  operator_sessions: OperatorSessionTable;
  feed_cursors: FeedCursorTable;
  migrations: { version: number; applied_at: number };
}

/** One change that a person or a script made. Events are only added, never changed. `hash` also covers the hash of the previous event. */
export interface AuditEventTable {
  /** The number of the event, from 1 without gaps. */
  seq: number;
  at: number;
  /** The tenant of the connector; `null` for the default tenant and for events of the whole deployment. */
  tenant: string | null;
  connector: string | null;
  /** JSON. */
  body: string;
  hash: string;
}

/** The cursor of a feed at a time when a pull had read all data. A pull from this cursor returns everything that has changed since then. */
export interface FeedCursorTable {
  feed_id: number;
  at: number;
  cursor: string;
}

/** One session of an operator. The token itself is not stored. */
export interface OperatorSessionTable {
  /** The SHA-256 of the token, in hexadecimal digits. */
  token_hash: string;
  /** The id of the operator key with which the session was opened. */
  key_id: string;
  created_at: number;
  expires_at: number;
}

/** A task that exactly one of the gateways runs at a time. `types/task.types.ts` describes it. */
export interface ScheduledTaskTable {
  name: string;
  next_at: number;
  /** A random id of the gateway's claim on the task; `null` while no gateway runs the task. */
  holder: string | null;
  lease_until: number;
}

/** The last message about an alert that was sent to a channel. */
export interface SentAlertTable {
  channel: string;
  alert: string;
  fingerprint: string;
  body: string;
  sent_at: number;
}

/** The position of a reader (the client of one API key) in a feed, as of the reader's last request. */
export interface ReaderPositionTable {
  connector: string;
  reader: string;
  stream: string;
  requested_at: number;
  filter_from: number | null;
  /** The sequence number of the last row that the reader has; `null` if no page was served to it. */
  read_seq: number | null;
  interval_ms: number | null;
  requests: number;
}

/** A connector, with its plugin and its account at the PSP. `account` is `null` when the plugin cannot report the account. */
export interface ConnectorTable {
  connector: string;
  plugin: string;
  account: string | null;
  registered_at: number;
}

/** The single row that identifies the store. `identity/store-identity.ts` describes its columns. */
export interface StoreIdentityTable {
  store_id: string;
  epoch: number;
  beat: number;
  server_database: string | null;
  server_timeline: number | null;
  loss_found: string | null;
  /** The time at which a gateway last wrote its heartbeat. */
  beat_at: number;
  /** The feed time that every new feed must exceed: its rows get only later feed times. `null` if there is no such limit. */
  min_feed_time: number | null;
  restored_at: number | null;
  backup_at: number | null;
  /** The id of the set of feeds in this store and epoch (`postgres/feed-set-id.ts`). */
  feed_set_id: Generated<number>;
  /** The oldest schema version whose programs may use the tables (`migrations/schema-versions.ts`). */
  min_program_version: Generated<number>;
  /** The name of the deployment to which the store belongs; `null` when its deployment file has no name. */
  deployment: string | null;
}

/** A feed, with its last row, the cursor from which the next pull continues, and the lease for appending. */
export interface FeedTable {
  id: Generated<number>;
  connector: string;
  stream: string;
  head_seq: number;
  head_time: number | null;
  cursor: string | null;
  /** The number of the newest lease of the feed. A writer with an older number cannot write. */
  fencing_token: number;
  holder: string | null;
  /** The time at which the lease expires. If no process has the lease, it is the time at which the last lease was released. */
  leased_until: number;
  /**
   * The time before which the stream is not due. A negative value means that an operator requested a pull at the absolute value of this
   * time (`find-requested-pulls.ts`). The stream is then due at once.
   */
  due_at: number;
  caught_up_at: number | null;
  /** The sequence number after which the sums of accounts begin. With 0, the sums contain all rows of the feed. */
  summed_after: Generated<number>;
  /** The sums that the last appends changed, as JSON (`completeness/recent-sums.ts`); `null` if there are none. */
  recent_sums: string | null;
  /** The time at which an operator paused the stream; `null` for a stream that is not paused. */
  paused_at: Generated<number | null>;
}

/**
 * The sum of the rows of one account in one asset, and the state of its completeness check. `types/completeness.types.ts` describes the
 * columns. Amounts are decimal digits with a sign.
 */
export interface AccountSumTable {
  feed_id: number;
  account_id: string;
  asset: string;
  total: string;
  opening: string | null;
  /** 1 if the opening balance is proven: it is zero by declaration, a second observation confirmed it, or a person accepted it. */
  opening_proven: number;
  agreed_at: number | null;
  agreed_seq: number | null;
  suspect_at: number | null;
  suspect_balance: string | null;
  suspect_since: number | null;
  /** The sum of the rows that were appended after the suspect observation and that the PSP booked after `suspect_at`. */
  after_suspect: string;
  gap: string | null;
  gap_since: number | null;
  reread_at: number | null;
}

/**
 * A position of a feed, and the cursor with which the plugin continued after this position. If the cursor is `null`, the plugin begins from
 * the start.
 */
export interface FeedCheckpointTable {
  feed_id: number;
  seq: number;
  at: number;
  cursor: string | null;
}

/** One version of one record. `seq` counts from 1 without gaps. `body` is the JSON as it is served. */
export interface FeedRowTable {
  feed_id: number;
  seq: number;
  feed_time: number;
  record_id: string;
  /** The first 16 bytes of the SHA-256 of the record's content. The content is the body without the feed time. */
  hash: Buffer;
  body: string;
}

/**
 * A version of a record that waits for its original, or that was served without the reference to its original. `position` increases in the
 * sequence in which the versions arrived.
 */
export interface HeldRowTable {
  feed_id: number;
  position: number;
  record_id: string;
  /** The id of the original; empty for a version that no longer waits (see `NO_AWAITED_ORIGINAL`). */
  original_id: string;
  psp_time: number | null;
  hash: Buffer;
  /** The content of the version, including the reference to its original. */
  content: string;
  held_at: number;
  /**
   * The time at which the version was served without the reference because its original had not come, or was replaced by a newer version.
   * It is `null` while the version waits.
   */
  served_alone_at: number | null;
}

/**
 * A page that was served as the end of a list. Until the time `until`, later pages with the same `from_time` and `page_size` are empty, so
 * that the client can finish its list.
 */
export interface EndOfListMarkerTable {
  feed_id: number;
  from_time: number;
  page_size: number;
  page: number;
  until: number;
}

export interface BalanceTable {
  connector: string;
  account_id: string;
  /** `observed_at` is the time that the PSP reported. `served_at` is the time that clients get. It increases whenever an amount changes. */
  observed_at: number;
  served_at: number;
  /** A JSON object from asset to amount, sorted by asset. The amounts are strings. */
  amounts: string;
  /**
   * The time at which these amounts became true. It is `null` if they were stored before schema version 12; then `served_at` is the best
   * known time.
   */
  amounts_since: number | null;
}

/** The last balances of an account on an earlier day. `balances/balance-history.ts` describes when they are stored. */
export interface BalanceHistoryTable {
  connector: string;
  account_id: string;
  /** The number of days since 1970, of `observed_at`. */
  day: number;
  observed_at: number;
  /** As in `BalanceTable`. */
  amounts: string;
}

/**
 * The last balances and times that one reader (the client of one API key) got for one account. `balances/choose-served-time.ts` describes the
 * columns.
 */
export interface ReaderBalanceTable {
  connector: string;
  reader: string;
  account_id: string;
  amounts_since: number;
  served_at: number;
  requested_at: number;
  interval_ms: number | null;
}

export interface QuarantineTable {
  feed_id: number;
  /** `refusal` is a rejected record, and `finding` is a data warning. */
  kind: 'refusal' | 'finding';
  record_id: string;
  reason: string;
  raw: string | null;
  since: number;
  /**
   * The time at which the entry was resolved: a valid version arrived, the plugin reported the entry as resolved, or an operator dismissed
   * it. It is `null` while the entry is unresolved.
   */
  cleared_at: number | null;
  /**
   * The time at which the PSP last sent the record. It is `null` for an entry that is older than schema version 18 and was not sent again.
   */
  seen_at: Generated<number | null>;
  /**
   * The time at which an operator dismissed the entry. The entry stays resolved while the PSP repeats the record with the same fault. The
   * value becomes `null` again when a valid version arrives or the plugin resolves the entry.
   */
  dismissed_at: Generated<number | null>;
}

export interface SyncRunTable {
  connector: string;
  stream: string;
  started_at: number;
  duration: number;
  pages: number;
  records: number;
  added: number;
  changed: number;
  refused: number;
  error: string | null;
}

/** One payment order. `order.types.ts` describes its columns. */
export interface OrderTable {
  id: string;
  connector: string;
  idempotency_key: string;
  psp_key: string;
  psp_id: string | null;
  kind: string;
  request: string;
  /** Decimal digits. The amount is stored as text, because amounts can exceed the integer types of a database. */
  amount: string;
  asset: string;
  state: OrderState;
  details: string;
  created_at: number;
  changed_at: number;
  answer: string | null;
  answered_at: number | null;
  published: string | null;
  published_at: number | null;
  attempts: number;
  sent_at: number | null;
  unsure_since: number | null;
  refused_at: number | null;
  shown_at: number | null;
  next_at: number | null;
  holder: string | null;
  leased_until: number;
  fencing_token: number;
  /** The number of entries in the history of the order. */
  entries: number;
}

export interface OrderHistoryTable {
  order_id: string;
  /** The number of the entry, from 1. */
  entry: number;
  at: number;
  state: OrderState;
  event: string;
}

/** One request to the PSP about an order, and the response. `order-exchange.types.ts` describes the columns. */
export interface OrderExchangeTable {
  order_id: string;
  at: number;
  position: number;
  action: 'send' | 'lookup';
  attempt: number;
  /** JSON. */
  body: string;
  expires_at: number;
}

/** A resolution that an operator proposed. `order-proposal.types.ts` describes the columns. */
export interface OrderProposalTable {
  order_id: string;
  id: string;
  key_id: string;
  proposed_by: string;
  at: number;
  /** JSON. */
  body: string;
}

/** The sum of the orders that a connector accepted on one UTC day in one asset. Orders that failed are not included. */
export interface OrderDayTable {
  connector: string;
  /** The number of days since 1970. */
  day: number;
  asset: string;
  /** The sum as decimal digits, in minor units. */
  total: string;
}
