/**
 * Input of the test suite that every plugin inherits. A plugin's spec provides settings and a fixture factory. A fixture is the fake PSP of
 * one check. The plugin's `<psp>.fake.ts` creates it.
 *
 * A new fixture has at least one account and no transactions. A fixture omits parts that the PSP cannot have (e.g. a directory of files
 * cannot respond with 429). The spec then skips the checks that need them, by name, with a reason. The plugin's README repeats the reason.
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
  /** `import.meta.dirname` of the spec. The plugin's README.md, which repeats the reasons of skips, is in this directory. */
  directory: string;
  /** Settings as in a deployment file. The settings of the fixture override them. */
  settings: Readonly<Record<string, unknown>>;
  /** Invalid values by setting, e.g. `{ since: ['yesterday'] }`. The suite itself tries missing values and wrong types. */
  invalidSettings?: Readonly<Record<string, readonly unknown[]>>;
  /** Strings that must never appear in output. Default: values of settings whose name contains key, secret, token or password. */
  secrets?: readonly string[];
  /** Creates a new, independent fake PSP. */
  createFixture: (options: PspFixtureOptions) => Awaitable<PspFixture>;
  /** Skipped checks: name of the check, and the reason why the PSP cannot support it. */
  skip?: Readonly<Record<string, string>>;
  /**
   * The groups of checks to run, by the beginning of their names: `['orders', 'order faults']`. Default: all groups. A plugin that runs the
   * suite a second time for another kind of order needs only the groups that depend on this kind.
   */
  groups?: readonly string[];
  /** Checks against the PSP's real sandbox. They run only if the environment variables are set. */
  live?: {
    /** @returns `undefined` unless all variables are set. Their names begin with `LIVE_<PSP>_`. */
    readSettings: (env: NodeJS.ProcessEnv) => Readonly<Record<string, unknown>> | undefined;
    /** Names of the environment variables. The title of the skipped test lists them. */
    variables: readonly string[];
  };
}

export interface PspFixtureOptions {
  /** Clock of the fake PSP and of the plugin (its `HTTP_CLOCK`). Only the suite and sleeps advance it. */
  clock: ManualClock;
  /**
   * Maximum page size. The fixture must not exceed it even if the plugin requests larger pages. If the PSP may return fewer rows than
   * requested, the fixture returns fewer rows; otherwise the fixture sets the plugin's page size in `settings`.
   */
  pageSize: 'one' | 'largest';
}

/** A transaction that the suite adds to the fake PSP. */
export interface TransactionInput {
  /** Timestamp of the transaction in ms since 1970, a whole second. */
  at: number;
  /** Positive decimal, e.g. `12.50`. Unique per fixture, so that the suite can identify the record by its amount. */
  amount: string;
  /** ISO 4217 code, or an unknown code. */
  currency: string;
  /** `in`: the money goes to one of the connector's own accounts. */
  direction: 'in' | 'out';
  /** `open`: `changeStatus` may later change its status. */
  state: 'open' | 'final';
}

export interface PspFixture {
  /** Settings for the plugin, e.g. the URL of the fake and the page size. */
  settings: Readonly<Record<string, unknown>>;
  /** Providers that replace providers of the plugin, e.g. a clock with its own token. */
  providers?: Provider[];
  /** Rows per response if `pageSize` is `largest`. */
  maxPageSize: number;
  /** Timing limits from the PSP's documentation. */
  timings?: PspTimings;
  /**
   * Adds a transaction. The PSP lists it immediately, independent of its timestamp.
   * @returns the id of its record, or any other unique name if only the plugin can derive the id
   */
  addTransaction: (input: TransactionInput) => Awaitable<string>;
  /** Changes the status of an `open` transaction to a final one. */
  changeStatus?: (id: string) => Awaitable<void>;
  /** Removes a transaction from the PSP's listing. */
  removeTransaction?: (id: string) => Awaitable<void>;
  /** Adds a malformed row, e.g. without an amount or with an unknown status. */
  addMalformedRow?: (at: number) => Awaitable<unknown>;
  /** Adds an account. @returns the id of its record. */
  addAccount?: () => Awaitable<string>;
  /** Adds a beneficiary. @returns the id of its record. */
  addBeneficiary?: () => Awaitable<string>;
  /** The movements beyond plain payments. If a movement is absent, its checks are skipped by name, with a reason. */
  movements?: MovementFixture;
  /** The keys of `com.tributary.spec/…`, besides `movement`, for which the PSP sends a value with every payment that the suite adds. */
  rowMetadata?: readonly CommonMetadataKey[];
  /** Present if the PSP has an HTTP API. */
  http?: HttpFixture;
  /** Present if the PSP executes orders. */
  orders?: OrderFixture;
  /** Present if the PSP sends webhooks. */
  webhook?: WebhookFixture;
  /** More strings that must never appear in output, in addition to `PspSuiteOptions.secrets`, e.g. a token that the PSP issued. */
  secrets?: readonly string[];
  /** Releases the fixture. @throws Error if the plugin violated the PSP's rules, as `FakePsp.close` does */
  close: () => Awaitable<void>;
}

/** The movements that belong to an earlier payment or payout. */
export type RelatedMovement = 'refund' | 'fee' | 'dispute' | 'disputeReversal' | 'payoutReturn';

export interface RelatedMovementInput {
  /** The payment or payout, as `addTransaction` returned it. */
  of: string;
  /** ms since 1970, a whole second. */
  at: number;
  /** Positive decimal. */
  amount: string;
  currency: string;
}

/** Functions that add movements at the PSP, together with everything that the PSP reports about them. */
export interface MovementFixture extends Partial<
  Record<RelatedMovement, (input: RelatedMovementInput) => Awaitable<unknown>>
> {
  /** Moves money between two own accounts. */
  transfer?: (input: { at: number; amount: string; currency: string }) => Awaitable<unknown>;
  /** Exchanges money on one of the own accounts into another currency. */
  conversion?: (input: {
    at: number;
    sold: { amount: string; currency: string };
    bought: { amount: string; currency: string };
  }) => Awaitable<unknown>;
  /** Adds a payment into an account that `addAccount` returned. */
  inAccount?: (accountId: string, input: TransactionInput) => Awaitable<unknown>;
}

export interface PspTimings {
  /** Maximum time between a row's timestamp and its first appearance. Default: one hour. 0: rows are never late. */
  maxLatenessMs?: number;
  /** Maximum time after a row's timestamp in which the row can change. Default: one hour. */
  maxChangeAgeMs?: number;
  /** Delay until a listing contains late or changed rows, for plugins that do not re-read all recent rows each time. Default 0. */
  detectionDelayMs?: number;
}

export interface HttpFixture {
  fake: FakePsp;
  /** Requests that list transactions. The suite injects faults into them. */
  listingRequest: { method?: string; path: string };
  /** Creates an error body in the PSP's format that contains this message. */
  createErrorBody: (message: string) => unknown;
}

type Parties = Pick<Order, 'sourceAccountId' | 'destinationAccountId'>;

export interface OrderFixture {
  /** Source and destination for payouts and transfers: ids as the plugin lists them. Absent if the plugin does not support the kind. */
  payout?: Parties;
  transfer?: Parties;
  /** The only currency that the PSP pays, with two decimal places. Default: EUR. */
  currency?: string;
  /** Properties of an order that this PSP always rejects, e.g. a destination that does not exist. */
  rejectedOrder: Partial<Order>;
  /** Returns all payments that the PSP has executed, with the idempotency key that it received. */
  getPayments: () => Awaitable<{ key: string; amount: Money }[]>;
  /** Requests that submit orders. The suite injects faults into them. */
  submitRequest?: { method?: string; path: string };
}

export interface WebhookFixture {
  /** Body of an event as the PSP sends it. */
  rawBody: string;
  /** Signs a body as the PSP does. @param secret the connector's secret, or a wrong one. @param at ms since 1970. @returns the headers */
  sign: (rawBody: Buffer, secret: string, at: number) => Readonly<Record<string, string>>;
  /** The connector's webhook secret. */
  secret: string;
  /** Streams that the event must trigger. */
  streams: readonly Stream[];
}
