/**
 * The plugin interface: everything that the author of a plugin implements or receives.
 *
 * - Each capability of a PSP is one method of `PspClient`. A plugin leaves out the optional methods that its PSP cannot support.
 *   The gateway then returns a clear error for requests that need them.
 * - A plugin is stateless: no caches, no timers, no static variables. Only the cursor carries state from one page to the next.
 * - A plugin has no logger and no retry loop. The gateway wraps every call and adds logs, metrics, timeouts, back-off and the
 *   redaction of secrets.
 * - A plugin throws the errors of `errors.ts`.
 *
 * A plugin in short:
 * ```ts
 * export const acme = definePlugin({
 *   name: 'acme',
 *   title: 'Acme Payments',
 *   settings: AcmeSettings,
 *   psp: AcmePsp, // class AcmePsp implements PspClient
 *   providers: [createHttpProvider(AcmeSettings, ({ apiKey }) => ({ name: 'Acme', baseUrl: 'https://api.acme.example', … }))],
 * });
 * ```
 */
import type { Provider, Type } from '@nestjs/common';
import type { Order, OrderResult, IdempotencySupport } from './order.types.js';
import type { Account, Balances, Beneficiary, Transaction } from './record.types.js';

/** The three lists that every connector serves. A stream's name is also the name of its `PspClient` method. */
export const STREAMS = ['accounts', 'beneficiaries', 'transactions'] as const;
export type Stream = (typeof STREAMS)[number];

/**
 * The position from which a plugin resumes a listing, e.g. the PSP's page token or the JSON of several positions. Only the plugin
 * interprets this string. The gateway stores the cursor in the same database transaction as the items of its page.
 */
export type Cursor = string;

/**
 * An object of the PSP that cannot be converted to a valid record. The gateway stores it in the quarantine, which operators see and clients
 * do not, and the stream continues. When a later page contains a valid record with the same `id`, the gateway marks the quarantine entry as
 * resolved.
 */
export interface RejectedRecord {
  /** The id that the record would have. If the PSP sent no id, use another string that is always the same for this object. */
  id: string;
  /**
   * The reason why the record is invalid, as a sentence for people: the property, the expected value and the value found. It must not
   * contain secrets. Example: `legs[0].amount: expected a decimal number, found nothing`.
   */
  reason: string;
  /** The object as the PSP sent it, e.g. as JSON. The gateway truncates a long string. */
  raw?: string;
}

/**
 * A problem with the PSP's data that makes no single record invalid, e.g. a statement whose entries do not add up to its closing balance.
 * Operators see the warning next to the quarantine. It does not change the data that clients read.
 */
export interface DataWarning {
  /** An identifier of the problem. It must be the same whenever the plugin finds the same problem again. */
  id: string;
  /** A sentence for people: the data that was expected, and the data that was found. It must not contain secrets. */
  message: string;
}

/** One page of a listing. The gateway commits each page with its cursor before it requests the next page. */
export interface Page<T> {
  /** The records of this page, oldest first. The list also contains the invalid records, see `RejectedRecord` and `parseRow`. */
  items: (T | RejectedRecord)[];
  /** The position after this page. The gateway passes it as `since` to the next call. */
  cursor: Cursor;
  /**
   * Balances that the PSP sent together with the listing, e.g. in a bank statement. A plugin without a `balances` method reports
   * balances only here.
   */
  balances?: Balances[];
  /** Problems that the plugin found while it read this page. */
  warnings?: DataWarning[];
  /**
   * The ids of earlier rejected records and warnings that no longer apply, e.g. because a file was repaired. A valid record always resolves
   * the rejected record with the same id, so that id need not be in this list.
   */
  resolvedIds?: string[];
  /** The progress of the listing, for progress bars, if the plugin can calculate it: `{ done: 3, total: 12, unit: 'files' }`. */
  progress?: { done: number; total: number; unit: string };
}

/** The limits that the caller of a listing sets. The listing strategies of `connector-api/listing` comply with them. */
export interface ListOptions {
  /** The signal is aborted when the gateway no longer waits for the listing. Pass it to each request of the listing. */
  signal?: AbortSignal;
  /**
   * The time in milliseconds after which the gateway stops waiting for a page. The listing must yield a page before this time, even without
   * items, because the cursor of the page saves the progress.
   */
  pageTimeoutMs?: number;
}

/**
 * The client of one connector: one PSP with one set of credentials.
 *
 * The listings (`accounts`, `transactions`, `beneficiaries`) start after the cursor `since`, or at the PSP's oldest data if `since` is
 * absent. They end when no newer data is left. A listing should return a changed object again, in its current state. It may also repeat
 * unchanged objects, because the gateway ignores a record that is equal to the stored version.
 *
 * Every method may throw `PspError`. Any other error counts as a defect of the plugin, and the gateway handles it like `unavailable`.
 */
export interface PspClient {
  /**
   * Lists the accounts that the tenant holds at the PSP.
   * @throws PspError if a request to the PSP fails
   */
  accounts(since?: Cursor, options?: ListOptions): AsyncIterable<Page<Account>>;
  /**
   * Lists the movements of money, each in its current state.
   * @throws PspError if a request to the PSP fails
   */
  transactions(since?: Cursor, options?: ListOptions): AsyncIterable<Page<Transaction>>;
  /**
   * Lists the counterparties that can be paid.
   * @throws PspError if a request to the PSP fails
   */
  beneficiaries?(since?: Cursor, options?: ListOptions): AsyncIterable<Page<Beneficiary>>;
  /**
   * Returns the current balances of one account in all assets.
   * @param accountId the PSP's own id, as `accounts` returned it
   * @throws PspError if a request to the PSP fails
   */
  balances?(accountId: string): Promise<Balances>;
  /**
   * Sends a payout to the PSP, in one attempt. The gateway may call the method again with the same order. The plugin sends
   * `order.idempotencyKey` to the PSP, so that the PSP does not pay twice.
   * @throws PspError `rejected` only if it is certain that the PSP will never execute the order under this key. A response such as "a
   * request with this key is in progress" is `unknown-outcome`
   * @throws PspError `unauthorized` or `rate-limited` only if it is certain that the PSP did not accept the order in this attempt
   * @throws PspError any other kind means that the outcome is unknown. The gateway then calls `findOrder`, or sends the order again within
   * the idempotency window (`IdempotencySupport`)
   */
  createPayout?(order: Order): Promise<OrderResult>;
  /** Sends a transfer between two accounts of the tenant at this PSP. The rules and errors are the same as for `createPayout`. */
  createTransfer?(order: Order): Promise<OrderResult>;
  /**
   * Looks up the status of an order at the PSP, by its `pspId` if present, otherwise by its `idempotencyKey`.
   * @returns `undefined` if the PSP certainly has no such order
   * @throws PspError if the PSP cannot be reached
   */
  findOrder?(order: Order): Promise<OrderResult | undefined>;
  /**
   * Verifies a request to `POST <path>/webhooks` and returns the streams that the gateway must pull now. A webhook is only a trigger. Its
   * data is not stored, because the listing returns the change. A webhook can arrive twice, late, out of order or never.
   * @returns the streams to pull; an empty array for an event that affects no stream
   * @throws PspError `rejected` if the signature is missing, wrong or too old, or if the body cannot be parsed
   */
  webhook?(request: WebhookRequest): Stream[] | Promise<Stream[]>;
  /**
   * Waits for changes outside the PSP's API (e.g. a new file in a directory) and yields the streams to pull after each change. The method
   * ends when `signal` is aborted.
   */
  watch?(signal: AbortSignal): AsyncIterable<Stream[]>;
}

/** A request to `POST <path>/webhooks`. The gateway passes it on without verification, and with the exact bytes of its body. */
export interface WebhookRequest {
  /** The headers. Their names are in lower case. The values of a repeated header are joined with `, `. */
  headers: Readonly<Record<string, string | undefined>>;
  /** The unparsed bytes of the body, because a signature is computed from the exact bytes. Empty if the request has no body. */
  rawBody: Buffer;
}

/** The injection token under which a connector's module provides its `PspClient`. */
export const PSP_CLIENT = Symbol('PSP_CLIENT');

/** Describes how the PSP's balances relate to its rows, see `Plugin.completeness`. */
export type CompletenessDeclaration =
  | {
      isComparable: true;
      /**
       * The maximum time in ms for which a balance can contain a movement that the listing does not contain yet, or the reverse. A
       * difference is reported only if it lasts longer. Default: 15 minutes.
       */
      maxLatenessMs?: number;
      /**
       * `zero` means that the listing begins with the first movement of every account, so that the balance before this movement was zero.
       * Default: `unknown`.
       */
      opening?: 'zero' | 'unknown';
    }
  /** For a PSP that never returns a balance and rows of the same moment. The completeness check is not made, and operators see `reason`. */
  | { isComparable: false; reason: string };

/** The definition of a plugin: the support for one kind of PSP. The deployment file refers to it by name: `plugin: acme`. */
export interface Plugin<Settings extends object = object> {
  /** A unique name in kebab case: `revolut-business`. */
  name: string;
  /** One line for people: the PSP and the data that the plugin covers. Example: `Mollie: balances and every movement of their journals`. */
  title: string;
  /**
   * The class that describes `settings:` in the deployment file, with class-validator decorators. Nest injects the validated settings of
   * the connector into providers that request this class.
   */
  settings: Type<Settings>;
  /** Describes how the PSP recognises repeated orders. Required if the client class has `createPayout` or `createTransfer`. */
  orders?: IdempotencySupport;
  /**
   * Returns one line without secrets that identifies the account at the PSP to which these settings belong, e.g. an account id and the
   * environment. The gateway rejects a connector if its settings now identify another account than before. Without this method, the gateway
   * compares only the name of the plugin.
   */
  identifyAccount?(settings: Settings): string;
  /**
   * Declares the properties of the PSP on which the completeness check can rely. For each account, the check takes two balances and
   * compares opening balance + rows with the closing balance. Without this method, the check uses the default values of
   * `CompletenessDeclaration`.
   */
  completeness?(settings: Settings): CompletenessDeclaration;
  /** The class of the client. Nest creates one instance per connector, in the connector's own module. */
  psp: Type<PspClient>;
  /** Other providers that `psp` injects, e.g. its HTTP client. Nest creates one instance of each per connector. */
  providers?: Provider[];
}

/**
 * Returns the plugin unchanged. The function exists only for type checking: the compiler verifies that the settings class and the client
 * class match.
 */
export function definePlugin<Settings extends object>(plugin: Plugin<Settings>): Plugin<Settings> {
  return plugin;
}

/**
 * Reads the connector's own feed, up to the last committed page. A plugin needs this if the PSP's rows have no stable id, or if a row must
 * be compared with the version that was served before. Inject it with `@Inject(FEED_READER)`.
 */
export interface FeedReader {
  /**
   * Finds the latest version of several records.
   * @param ids the PSP's own ids, as the plugin returned them. An empty list needs no query, so a caller need not check for it
   * @returns the records by id. Ids that are not in the feed of `stream` are omitted
   */
  findLatest(stream: Stream, ids: readonly string[]): Promise<Map<string, StoredRecord>>;
}
/** The injection token of the connector's `FeedReader`. */
export const FEED_READER = Symbol('FEED_READER');

/** The properties of a stored record that a plugin can read. */
export interface StoredRecord {
  /** The metadata as served to clients, including the gateway's own keys `com.tributary.spec/…`. */
  metadata: Readonly<Record<string, string>>;
  /** The `TransactionStatus`. Only transactions have a status. */
  status?: string;
  /** The whole row as it was served, with the PSP's ids. Only transactions have it. */
  transaction?: Transaction;
}

/** Returns true for a rejected record, and false for a valid record. */
export function isRejectedRecord(item: object): item is RejectedRecord {
  return 'reason' in item;
}
