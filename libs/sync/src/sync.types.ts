/** The types that the folders of this library share: the connector, the matching of orders, the progress and the result of a pull. */
import type {
  CompletenessDeclaration,
  Metadata,
  Page,
  PspClient,
  Stream,
  SerializedRecord,
} from '@tributary/connector-api';
import type { NextPullSchedule, SyncRun } from '@tributary/feed';

/** The properties of a connector that this library needs. */
export interface SyncConnector {
  /** Path of the connector, e.g. `house-bank` or `acme/house-bank`. */
  path: string;
  client: PspClient;
  /** Time between two pulls of a stream, in milliseconds. */
  pullIntervalMs: number;
  /**
   * How long a response is valid that repeats known balances, in ms. With `off`, every response contains the time at which the balances
   * were observed. By default the validity depends on the polling interval of each reader.
   */
  balanceValidity?: number | 'off';
  /** Metadata that is added to every account of the connector. */
  accountMetadata?: Metadata;
  /** Present only for a connector that executes payment orders. */
  transactionMatcher?: TransactionMatcher;
  /**
   * Called after a page with new accounts was committed. `accountIds` contains the ids of these accounts, as served to clients. The
   * function must not throw.
   */
  onAccountsAdded?: (accountIds: readonly string[]) => void;
  /** The declaration of the PSP's properties on which the completeness check can rely. If it is absent, the connector is not checked. */
  completeness?: CompletenessDeclaration;
}

/** Matches the PSP's transactions with the gateway's own payment orders, so that a payment is not served twice. */
export interface TransactionMatcher {
  /**
   * Matches one page of transactions. The method is called before the page is committed, and again if the commit fails. So it must be
   * idempotent, and its writes must be durable when it returns.
   * @param items the items of the plugin's page, before validation
   */
  match(items: readonly unknown[]): Promise<MatchedPage | DeferredPage>;
}

/** A page whose transactions were matched with payment orders. */
export interface MatchedPage {
  /** The items that belong to no payment order. They are validated and served. */
  unmatchedItems: unknown[];
  /** The records that are served instead of the matched items. */
  records: SerializedRecord[];
}

/** A page that cannot be matched yet. The pull ends, and the next pull reads the page again soon. */
export interface DeferredPage {
  /** The reason as a sentence for the log. */
  deferredReason: string;
}

/** The progress of a pull, which is reported after each page and at the end. */
export interface SyncProgress {
  connector: string;
  stream: Stream;
  pages: number;
  records: number;
  added: number;
  changed: number;
  refused: number;
  /** The progress of the listing as the plugin reports it; absent when the plugin cannot report it. */
  listing?: Page<unknown>['progress'];
  /** True if the pull has ended. */
  finished: boolean;
  error?: string;
}

/** The outcome of a pull. The values of `kind` are also the values of the metric label `result` and of the log field `outcome`. */
export type PullOutcome =
  | { kind: 'caught-up' }
  /** The engine was stopped before the stream had caught up. */
  | { kind: 'stopped' }
  /** Another process holds the lease of this stream's feed. */
  | { kind: 'busy' }
  /** The stream is not due yet, because another process pulled it recently. Times are in milliseconds. */
  | { kind: 'rested'; dueInMs: number; sinceCaughtUpMs: number | undefined }
  /** Another process took the lease of the feed during the pull. */
  | { kind: 'lost' }
  /** The last page was deferred, because its transactions cannot be matched with orders yet. The next pull reads the page again. */
  | { kind: 'held'; reason: string }
  | { kind: 'failed'; error: Error };

/** The schedule after a pull. It depends on the outcome of the pull. */
export interface NextPullPlan {
  /** Time until this process tries to pull the stream again, in milliseconds. */
  delayMs: number;
  /** The due time for all processes that share the store. If it is absent, the stored due time does not change. */
  sharedSchedule?: NextPullSchedule;
}

/** The result of one pull: the row for the store, the outcome, and the data for log and metrics. */
export interface PullResult {
  run: SyncRun;
  outcome: PullOutcome;
  /** Time until this process tries to pull the stream again, in milliseconds. */
  nextDelayMs: number;
  /** The number of rejected records and data warnings that were not in the quarantine before. */
  newIssueCount: number;
  /** True if this pull may have changed the quarantine. */
  mayHaveChangedQuarantine: boolean;
}
