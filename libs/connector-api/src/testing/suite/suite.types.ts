/**
 * What a plugin's spec hands to the inherited suite: settings, and a world, which is the PSP of one check as its `<psp>.fake.ts` makes it.
 *
 * A world starts with at least one account and no transactions. What it cannot have (a directory of files answers no 429) is left out, and
 * the checks that need it are skipped by name, with a reason that the plugin's README repeats.
 */
import type { Provider } from '@nestjs/common';
import type { Money } from '../../money.js';
import type { Order } from '../../orders.js';
import type { Stream } from '../../plugin.js';
import type { FakePsp } from '../fake-psp.js';
import type { SuiteClock } from './suite-clock.js';

type Awaitable<T> = T | Promise<T>;

export interface PspSuite {
  /** `import.meta.dirname` of the spec: the README that repeats the reasons of skips is there. */
  directory: string;
  /** Settings as a deployment file has them; those of the world come over them. */
  config: Readonly<Record<string, unknown>>;
  /** More settings that must be refused, by key, besides "missing" and "of another type": `{ since: ['yesterday'] }`. */
  wrong?: Readonly<Record<string, readonly unknown[]>>;
  /** Texts that must never show up. Default: all settings whose name has to do with keys, secrets, tokens and passwords. */
  secrets?: readonly string[];
  /** A new, independent PSP. */
  fake: (options: WorldOptions) => Awaitable<PspWorld>;
  /** Names of checks, with the reason why the PSP cannot have what they need. */
  skip?: Readonly<Record<string, string>>;
  /** The same plugin against the real sandbox of the PSP; whoever sets the variables lets it run. */
  live?: {
    /** @returns `undefined` unless all variables are there. They begin with `LIVE_<PSP>_`. */
    settings: (env: NodeJS.ProcessEnv) => Readonly<Record<string, unknown>> | undefined;
    /** Named when it is skipped. */
    variables: readonly string[];
  };
}

export interface WorldOptions {
  /** The time at the PSP and at the plugin (it is the plugin's `HTTP_CLOCK`). It moves only when the suite or a wait moves it. */
  clock: SuiteClock;
  /**
   * How many rows the PSP gives at most in one answer: one, or as many as it ever does. Where the client asks for a size, the fake gives
   * fewer (if the PSP may), or `settings` has the size.
   */
  pageSize: 'one' | 'largest';
}

/** A movement of money as the suite wants the PSP to have it. */
export interface TransactionWish {
  /** The time that it carries, whole seconds, in milliseconds since 1970. */
  at: number;
  /** Decimal, positive: `12.50`. Every wish has another, by which the suite recognises the record. */
  amount: string;
  /** ISO 4217, or a code that nobody knows. */
  currency: string;
  /** `in`: to an account of ours. */
  direction: 'in' | 'out';
  /** `open`: `change` may still make something else of it. */
  state: 'open' | 'final';
}

export interface PspWorld {
  /** Where the PSP is: its URL, the size of its pages … */
  settings: Readonly<Record<string, unknown>>;
  /** They replace providers of the plugin, e.g. a clock under a token of its own. */
  providers?: Provider[];
  /** Rows in an answer when `pageSize` is `largest`. */
  largestPage: number;
  /** What the PSP's document says; times in milliseconds. */
  manners?: Manners;
  /**
   * From now on the PSP lists it, whatever its time.
   * @returns the id of the record that it becomes; any other name where only the plugin knows
   */
  add: (wish: TransactionWish) => Awaitable<string>;
  /** Brings an `open` transaction to an end: its record has another status then. */
  change?: (id: string) => Awaitable<void>;
  /** The PSP does not list it any more. */
  vanish?: (id: string) => Awaitable<void>;
  /** A row as no PSP should send it: without an amount, or with a word that nobody knows. */
  addBroken?: (at: number) => Awaitable<void>;
  /** @returns the id of the record that it becomes. */
  addAccount?: () => Awaitable<string>;
  /** @returns the id of the record that it becomes. */
  addBeneficiary?: () => Awaitable<string>;
  /** Of a PSP that is reached over HTTP. */
  http?: HttpWorld;
  /** Of a PSP that pays. */
  orders?: OrderWorld;
  /** Of a PSP that calls us. */
  webhook?: WebhookWorld;
  /** What must not show up besides `PspSuite.secrets`, e.g. a token that the PSP gave out. */
  secrets?: readonly string[];
  /** @throws Error where the world noticed that somebody broke the PSP's rules, as `FakePsp.close` does */
  close: () => Awaitable<void>;
}

export interface Manners {
  /** A row may turn up so long after the time that it carries. Default an hour; 0: never late. */
  late?: number;
  /** A row may change so long after the time that it carries. Default an hour. */
  changes?: number;
  /** How long after it a listing has what was late or changed, where the plugin does not look at all of it each time. Default 0. */
  noticed?: number;
}

export interface HttpWorld {
  fake: FakePsp;
  /** The requests by which transactions are listed: faults are planned for them. */
  listing: { method?: string; path: string };
  /** The body of an error in the PSP's form, with these words in it. */
  error: (words: string) => unknown;
}

type Parties = Pick<Order, 'sourceAccountId' | 'destinationAccountId'>;

export interface OrderWorld {
  /** Between whom the suite may pay: ids as the plugin lists them. Those that the plugin lacks are left out. */
  payout?: Parties;
  transfer?: Parties;
  /** What makes an order one that this PSP surely does not take, e.g. a destination that does not exist. */
  refused: Partial<Order>;
  /** Every payment that the PSP has made so far, with our key as the PSP got it. */
  paid: () => Awaitable<{ key: string; amount: Money }[]>;
  /** The requests by which orders are handed over: faults are planned for them. */
  request?: { method?: string; path: string };
}

export interface WebhookWorld {
  /** An event as the PSP sends it. */
  rawBody: string;
  /** The headers of a body, as the PSP signs it. @param secret the connector's, or a wrong one. @param at milliseconds since 1970 */
  sign: (rawBody: Buffer, secret: string, at: number) => Readonly<Record<string, string>>;
  /** The connector's own secret. */
  secret: string;
  /** What the event is about. */
  streams: readonly Stream[];
}
