/**
 * The input of the test suite that every plugin must pass. A plugin's spec provides the settings, and a function that creates a fixture. A
 * fixture is the fake PSP of one check. The plugin's `<psp>.fake.ts` creates it.
 *
 * A new fixture has at least one account and no transactions. A fixture omits the parts that its PSP cannot have (e.g. a directory of files
 * cannot respond with 429). The spec then skips the checks that need these parts, by name, with a reason. The plugin's README contains the
 * same reason.
 */
import type { Provider } from '@nestjs/common';
import type { CommonMetadataKey } from '../../mapping/common-metadata.js';
import type { Money } from '../../money.js';
import type { Order } from '../../order.types.js';
import type { Stream } from '../../plugin.js';
import type { FakePsp } from '../fake-psp.js';
import type { ManualClock } from './manual-clock.js';

type Awaitable<T> = T | Promise<T>;

export interface PspSuiteOptions {
  /** The directory of the spec, i.e. `import.meta.dirname`. It contains the plugin's README.md with the reasons of skipped checks. */
  directory: string;
  /** The settings as in a deployment file. The settings of the fixture override them. */
  settings: Readonly<Record<string, unknown>>;
  /**
   * Invalid values by setting: `{ since: ['yesterday'] }`. Missing values and wrong types need not be listed, because the suite always
   * tests them.
   */
  invalidSettings?: Readonly<Record<string, readonly unknown[]>>;
  /** Strings that must never appear in output. Default: the values of settings whose name contains key, secret, token or password. */
  secrets?: readonly string[];
  /** Creates a new, independent fake PSP. */
  createFixture: (options: PspFixtureOptions) => Awaitable<PspFixture>;
  /** The checks to skip. The key is the name of a check, and the value is the reason why the PSP cannot support it. */
  skip?: Readonly<Record<string, string>>;
  /**
   * The groups of checks to run, by the beginning of their names: `['orders', 'order faults']`. Default: all groups. If a plugin runs the
   * suite a second time for another kind of order, only the groups that depend on this kind are needed.
   */
  groups?: readonly string[];
  /** Checks against the PSP's real sandbox. They run only if the environment variables are set. */
  live?: {
    /**
     * Reads the settings from environment variables. Their names begin with `LIVE_<PSP>_`.
     * @returns `undefined` unless all variables are set
     */
    readSettings: (env: NodeJS.ProcessEnv) => Readonly<Record<string, unknown>> | undefined;
    /** The names of the environment variables. If they are not set, the test is skipped, and its title lists these names. */
    variables: readonly string[];
  };
}

export interface PspFixtureOptions {
  /** The clock of the fake PSP and of the plugin (its `HTTP_CLOCK`). Its time changes only if the suite advances it or code sleeps. */
  clock: ManualClock;
  /**
   * The page size of the fixture. With `one`, every page must contain at most one row, even if the plugin requests larger pages. If the
   * real PSP may return fewer rows than requested, the fake does so. Otherwise the fixture sets the plugin's page size in `settings`.
   */
  pageSize: 'one' | 'largest';
}

/** A transaction that the suite adds to the fake PSP. */
export interface TransactionInput {
  /** The timestamp of the transaction in ms since 1970. It is a whole second. */
  at: number;
  /** A positive decimal number: `12.50`. It is unique within the fixture, so that the suite can identify the record by its amount. */
  amount: string;
  /** An ISO 4217 code, or an unknown code. */
  currency: string;
  /** The direction. `in` means that the money goes to one of the connector's own accounts. */
  direction: 'in' | 'out';
  /** The state. If it is `open`, `changeStatus` may later change the status of the transaction. */
  state: 'open' | 'final';
}

export interface PspFixture {
  /** The settings for the plugin, e.g. the URL of the fake and the page size. */
  settings: Readonly<Record<string, unknown>>;
  /** Providers that replace providers of the plugin, e.g. a clock with its own token. */
  providers?: Provider[];
  /** The number of rows per response if `pageSize` is `largest`. */
  maxPageSize: number;
  /** The timing limits from the PSP's documentation. */
  timings?: PspTimings;
  /**
   * Adds a transaction. The PSP lists it immediately, even if its timestamp is in the past or in the future.
   * @returns the id of its record. If only the plugin can derive the id, the result is another unique name
   */
  addTransaction: (input: TransactionInput) => Awaitable<string>;
  /** Changes the status of an `open` transaction to a final status. */
  changeStatus?: (id: string) => Awaitable<void>;
  /** Removes a transaction from the PSP's listing. */
  removeTransaction?: (id: string) => Awaitable<void>;
  /** Adds a malformed row, e.g. without an amount or with an unknown status. */
  addMalformedRow?: (at: number) => Awaitable<unknown>;
  /**
   * Adds an account.
   * @returns the id of its record
   */
  addAccount?: () => Awaitable<string>;
  /**
   * Adds a beneficiary.
   * @returns the id of its record
   */
  addBeneficiary?: () => Awaitable<string>;
  /** The movements other than plain payments. If a movement is absent, its checks must be skipped by name, with a reason. */
  movements?: MovementFixture;
  /**
   * The keys of `com.tributary.spec/…` for which the PSP sends a value with every payment that the suite adds. `movement` need not be
   * listed.
   */
  rowMetadata?: readonly CommonMetadataKey[];
  /** The HTTP API of the fake. Present if the PSP has an HTTP API. */
  http?: HttpFixture;
  /** The orders of the fake. Present if the PSP executes orders. */
  orders?: OrderFixture;
  /** The webhooks of the fake. Present if the PSP sends webhooks. */
  webhook?: WebhookFixture;
  /** Strings that must never appear in output, in addition to `PspSuiteOptions.secrets`, e.g. a token that the PSP issued. */
  secrets?: readonly string[];
  /**
   * Releases the fixture.
   * @throws Error if the plugin violated the PSP's rules, as `FakePsp.close` does
   */
  close: () => Awaitable<void>;
}

/** The movements that belong to an earlier payment or payout. */
export type RelatedMovement = 'refund' | 'fee' | 'dispute' | 'disputeReversal' | 'payoutReturn';

export interface RelatedMovementInput {
  /** The id of the payment or payout, as `addTransaction` returned it. */
  of: string;
  /** The time in ms since 1970. It is a whole second. */
  at: number;
  /** A positive decimal number. */
  amount: string;
  currency: string;
}

/** Functions that add movements at the PSP. They also add everything else that the PSP reports about these movements. */
export interface MovementFixture extends Partial<
  Record<RelatedMovement, (input: RelatedMovementInput) => Awaitable<unknown>>
> {
  /** Moves money between two own accounts. */
  transfer?: (input: { at: number; amount: string; currency: string }) => Awaitable<unknown>;
  /** Exchanges money on an own account into another currency. */
  conversion?: (input: {
    at: number;
    sold: { amount: string; currency: string };
    bought: { amount: string; currency: string };
  }) => Awaitable<unknown>;
  /** A fee that the PSP shows as a part of its payment, and that it can take back. */
  partFee?: {
    add: (input: RelatedMovementInput) => Awaitable<unknown>;
    /** Removes the fee from the payment. The PSP shows the payment as changed. */
    remove: (paymentId: string) => Awaitable<unknown>;
  };
  /** Adds a payment into an account that `addAccount` returned. */
  inAccount?: (accountId: string, input: TransactionInput) => Awaitable<unknown>;
}

export interface PspTimings {
  /** The maximum time between a row's timestamp and its first appearance, in ms. Default: one hour. 0 means that rows are never late. */
  maxLatenessMs?: number;
  /** The maximum age in ms at which a row can still change, counted from its timestamp. Default: one hour. */
  maxChangeAgeMs?: number;
  /**
   * The time in ms after which a listing contains late or changed rows. Set it for a plugin that does not read all recent rows again in
   * each listing. Default: 0.
   */
  detectionDelayMs?: number;
}

export interface HttpFixture {
  fake: FakePsp;
  /** The request with which the plugin lists transactions. The suite injects faults into such requests. */
  listingRequest: { method?: string; path: string };
  /** Creates an error body in the PSP's format that contains the given message. */
  createErrorBody: (message: string) => unknown;
}

type Parties = Pick<Order, 'sourceAccountId' | 'destinationAccountId'>;

export interface OrderFixture {
  /**
   * The source and destination of payouts, and in `transfer` those of transfers: ids as the plugin lists them. A property is absent if the
   * plugin does not support this kind of order.
   */
  payout?: Parties;
  transfer?: Parties;
  /** The only currency that the PSP pays, with two decimal places. Default: EUR. */
  currency?: string;
  /** Properties of an order that this PSP always rejects, e.g. a destination that does not exist. */
  rejectedOrder: Partial<Order>;
  /** Returns all payments that the PSP has executed, each with the idempotency key that the PSP received. */
  getPayments: () => Awaitable<{ key: string; amount: Money }[]>;
  /** The request with which the plugin submits an order. The suite injects faults into such requests. */
  submitRequest?: { method?: string; path: string };
}

export interface WebhookFixture {
  /** The body of an event as the PSP sends it. */
  rawBody: string;
  /**
   * Signs a body as the PSP does.
   * @param secret the connector's secret, or a wrong secret
   * @param at the time in ms since 1970
   * @returns the headers with the signature
   */
  sign: (rawBody: Buffer, secret: string, at: number) => Readonly<Record<string, string>>;
  /** The secret with which the PSP signs the connector's webhooks. */
  secret: string;
  /** The streams that the event must trigger. */
  streams: readonly Stream[];
}
