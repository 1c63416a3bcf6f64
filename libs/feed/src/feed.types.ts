/** The rooms' view of the store: what sync writes through, and what requests read. */
import type {
  Cursor,
  Finding,
  Refusal,
  ServedBalances,
  Stream,
  PageBody,
  WireBalances,
  WireRecord,
} from '@tributary/connector-api';
import type { OrderBook, OrderBooks } from './order.types.js';

/** Everything durable of one deployment. */
export interface Store {
  /** The feed of one stream; it comes into being with its first use. `connector` is the path: `house-bank`, `acme/house-bank`. */
  feed(connector: string, stream: Stream): Promise<Feed>;
  balances(connector: string): BalanceBook;
  orders(connector: string): OrderBook;
  allOrders(): OrderBooks;
  /** What a sync did; the newest of each stream is kept for ever, older ones for 30 days. */
  recordRun(run: SyncRun): Promise<void>;
  /** Open refusals and findings, newest first. */
  quarantine(connector?: string, limit?: number): Promise<QuarantineEntry[]>;
  /** What time it is for all who share the store. Milliseconds since 1970. @throws StoreUnavailableError */
  time(): Promise<number>;
  /** Returns when the store answers, and its tables are there. @throws StoreUnavailableError */
  ready(): Promise<void>;
  close(): Promise<void>;
}

export interface Feed {
  readonly connector: string;
  readonly stream: Stream;
  /** JSON array of rows with a feed time at or after `from` (milliseconds), page counts from 1. Any page of any depth costs the same. */
  page(from: number | undefined, page: number, pageSize: number): PageBody | Promise<PageBody>;
  /** Whether somebody was told a short while ago that an earlier page of the same reading (`from`, `pageSize`) is the last. */
  isBehindEnd(from: number | undefined, page: number, pageSize: number): Promise<boolean>;
  /** Before a page that is not full is sent to a reader that may ask for the next one: that must be empty for a minute. */
  noteEnd(from: number | undefined, page: number, pageSize: number): Promise<void>;
  /** The JSON of the newest row of each of these ids (as served); absent ones are left out. */
  latest(ids: readonly string[]): Promise<Map<string, string>>;
  /** How many rows, and the feed time of the last one. */
  head(): Promise<{ rows: number; feedTime: number | undefined }>;
  /** The right to append, for `ttl` milliseconds; `undefined` while another holds it. A dead holder on this machine loses it at once. */
  lease(holder: LeaseHolder, ttl: number): Promise<Lease | undefined>;
  /** The same, unless whoever pulled the stream last said that it need not be pulled yet. */
  leaseWhenDue(holder: LeaseHolder, ttl: number): Promise<Lease | Rest | undefined>;
}

/** A stream that need not be pulled yet, by the one clock of all who share the store. Milliseconds. */
export interface Rest {
  /** Until it is due. */
  dueIn: number;
  /** Since it had last caught up; `undefined` when it never has. */
  caughtUpAgo: number | undefined;
}

/** How a pull leaves its stream to whoever shares the store. */
export interface NextPull {
  /** Milliseconds from now on. */
  dueIn: number;
  caughtUp: boolean;
}

/** Whoever appends: unique per process start. */
export interface LeaseHolder {
  host: string;
  pid: number;
  id: string;
}

export interface Lease {
  /** Where the last committed page ended; `undefined` before the first. */
  readonly cursor: Cursor | undefined;
  /** @returns false when the lease was lost: stop. */
  renew(): Promise<boolean>;
  /** Rows, refusals, balances and cursor in ONE transaction that checks the fencing token. @throws LeaseLostError, and nothing was written. */
  append(page: FeedPage): Promise<Appended>;
  /** @param next without it the stream stays due when it was */
  release(next?: NextPull): Promise<void>;
}

export interface FeedPage {
  /** In the order in which they shall become visible. */
  records: WireRecord[];
  refused: Refusal[];
  findings: Finding[];
  /** Ids of refusals and findings that are over. */
  cleared: string[];
  balances: WireBalances[];
  cursor: Cursor;
}

/** Counts. `known`: versions that the feed already had. */
export interface Appended {
  added: number;
  changed: number;
  known: number;
  refused: number;
}

/** The last balances of each account of a connector. */
export interface BalanceBook {
  /** @returns what was last observed of the account (id as served), or `undefined`. */
  latest(accountId: string): Promise<ServedBalances | undefined>;
  /** Records an observation: assets that vanished become zero, `at` grows when an amount changes. @returns what is to be served. */
  observe(balances: WireBalances): Promise<ServedBalances>;
}

export interface SyncRun {
  connector: string;
  stream: Stream;
  /** Milliseconds since 1970. */
  startedAt: number;
  duration: number;
  pages: number;
  records: number;
  added: number;
  changed: number;
  refused: number;
  /** Absent when it caught up. */
  error?: string;
}

export interface QuarantineEntry {
  connector: string;
  stream: Stream;
  kind: 'refusal' | 'finding';
  id: string;
  reason: string;
  raw?: string;
  /** Milliseconds since 1970. */
  since: number;
}
