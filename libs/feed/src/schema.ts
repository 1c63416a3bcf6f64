/** The tables, as Kysely sees them. Times are milliseconds since 1970. */
import type { Generated } from 'kysely';
import type { OrderState } from './order.types.js';

export interface Schema {
  feeds: FeedTable;
  feed_rows: FeedRowTable;
  balances: BalanceTable;
  quarantine: QuarantineTable;
  sync_runs: SyncRunTable;
  orders: OrderTable;
  order_history: OrderHistoryTable;
  order_days: OrderDayTable;
  last_pages: LastPageTable;
  migrations: { version: number; applied_at: number };
}

/** One feed: its head, where its plugin resumes, and who may append. */
export interface FeedTable {
  id: Generated<number>;
  connector: string;
  stream: string;
  head_seq: number;
  head_time: number | null;
  cursor: string | null;
  /** Grows with every lease: a writer with an older one is refused. */
  fence: number;
  holder: string | null;
  leased_until: number;
  /** Nobody needs to pull it before. */
  due_at: number;
  caught_up_at: number | null;
}

/** One version of one record. `seq` counts from 1 without gaps; `body` is the JSON as it is served. */
export interface FeedRowTable {
  feed_id: number;
  seq: number;
  feed_time: number;
  record_id: string;
  /** The first 16 bytes of the SHA-256 of the record's content, i.e. of the body without the feed time. */
  hash: Buffer;
  body: string;
}

/** A reader was told that this page of its reading is the last, and may ask for the next one. */
export interface LastPageTable {
  feed_id: number;
  from_time: number;
  page_size: number;
  page: number;
  until: number;
}

export interface BalanceTable {
  connector: string;
  account_id: string;
  /** What the PSP said, and what we serve: the latter grows whenever an amount changes. */
  observed_at: number;
  served_at: number;
  /** JSON object from asset to amount (a string), in order of assets. */
  amounts: string;
}

export interface QuarantineTable {
  feed_id: number;
  kind: 'refusal' | 'finding';
  record_id: string;
  reason: string;
  raw: string | null;
  since: number;
  /** When a good version came, or the plugin said that it is over; `null` while open. */
  cleared_at: number | null;
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

/** The columns are explained where the rooms see them, in `order.types.ts`. */
export interface OrderTable {
  id: string;
  connector: string;
  idempotency_key: string;
  psp_key: string;
  psp_id: string | null;
  kind: string;
  request: string;
  /** Decimal digits: no integer of a database is long enough. */
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
  fence: number;
  /** How many entries its history has. */
  entries: number;
}

export interface OrderHistoryTable {
  order_id: string;
  /** Counts from 1. */
  entry: number;
  at: number;
  state: OrderState;
  event: string;
}

/** The sum of the orders that a connector took on one UTC day in one asset, and that did not fail. */
export interface OrderDayTable {
  connector: string;
  /** Days since 1970. */
  day: number;
  asset: string;
  /** Decimal digits. */
  total: string;
}
