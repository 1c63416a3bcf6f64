/**
 * The plugin interface: all that somebody who adds a PSP must know, on one screen.
 *
 * A capability is a method: what a plugin lacks is left out, and the gateway answers for it with a clear error.
 * A plugin is stateless (no caches, no timers, no statics), has no logger and no retry loop: one wrapper around every
 * call owns logs, metrics, deadlines, back-off and the redaction of secrets. Errors are those of `errors.ts`.
 */
import type { Provider, Type } from '@nestjs/common';
import type { Order, OrderResult, OrderTerms } from './orders.js';
import type { Account, Balances, Beneficiary, Transaction } from './records.js';

export const STREAMS = ['accounts', 'beneficiaries', 'transactions'] as const;
export type Stream = (typeof STREAMS)[number];

/** Where a plugin resumes: any string it likes, opaque to everybody else, committed together with the page's items. */
export type Cursor = string;

/** Something of the PSP's that could not become a record. It goes into the quarantine, and the stream goes on. */
export interface Refusal {
  /** The id the record would have had, or another name that stays the same when the PSP repeats it. */
  id: string;
  /** Why, in words a person understands: what was found, where, what was expected. No secrets. */
  refused: string;
  /** What the PSP sent, as text; cut when it is long. */
  raw?: string;
}

/** Something that is wrong at the PSP although every record could be served: e.g. a statement that does not add up. */
export interface Finding {
  /** Stays the same when the PSP repeats it. */
  id: string;
  /** What was found, and what was expected. */
  found: string;
}

export interface Page<T> {
  /** Oldest first. */
  items: (T | Refusal)[];
  cursor: Cursor;
  /** Balances that came along with the listing; plugins that have no `balances` method report them only here. */
  balances?: Balances[];
  findings?: Finding[];
  /** Ids of refusals and findings that are no longer true, e.g. of a file that was repaired. A record clears the refusal of its own id. */
  cleared?: string[];
  /** How far the listing is, where the plugin knows: for progress bars. */
  progress?: { done: number; total: number; unit: string };
}

/** One configured PSP. Every listing starts after `since` (from the beginning without it) and ends when it has caught up. */
export interface Psp {
  accounts(since?: Cursor): AsyncIterable<Page<Account>>;
  transactions(since?: Cursor): AsyncIterable<Page<Transaction>>;
  beneficiaries?(since?: Cursor): AsyncIterable<Page<Beneficiary>>;
  /** The balances of one account now, by the PSP's id. */
  balances?(accountId: string): Promise<Balances>;
  /**
   * Hands an order to the PSP, once. It may be called again with the same order, whose key then decides that nothing is paid twice.
   * @throws PspError `rejected` only when it is certain that the PSP will not pay under this key: "a request with this key is under way" is
   * `unknown-outcome`; `unauthorized` and `rate-limited` when it surely did not take the order this time; any other error means that the
   * outcome is unknown
   */
  createPayout?(order: Order): Promise<OrderResult>;
  /** As `createPayout`, between two accounts of ours. */
  createTransfer?(order: Order): Promise<OrderResult>;
  /** What became of an order, by its `pspId` or its `key`. @returns `undefined` when the PSP knows nothing of it. */
  findOrder?(order: Order): Promise<OrderResult | undefined>;
  /**
   * Verifies what came to `POST <path>/webhooks`, and names the streams to pull now. Nothing else of it is believed: an event tells that
   * something happened, the listing tells what. It may come twice, late, out of order, or not at all.
   * @throws PspError `rejected` when the signature is missing, wrong or too old, or when the body cannot be read
   */
  webhook?(request: WebhookRequest): Stream[] | Promise<Stream[]>;
  /** Yields the streams to pull now, when something outside says so (e.g. a directory that changed), until aborted. */
  watch?(signal: AbortSignal): AsyncIterable<Stream[]>;
}

/** What somebody sent to `POST <path>/webhooks`, byte for byte: nobody has looked at it yet. */
export interface WebhookRequest {
  /** By lower-case name. One that came several times is joined by `, `. */
  headers: Readonly<Record<string, string | undefined>>;
  /** Whatever its content type; empty when there was none. */
  rawBody: Buffer;
}

/** The token under which a connector's module provides its `Psp`. */
export const PSP = Symbol('PSP');

/** A kind of PSP: what the deployment file names under `plugin:`. */
export interface Plugin<Settings extends object = object> {
  /** Kebab-case, unique: `revolut-business`. */
  name: string;
  /** One line for people. */
  title: string;
  /** class-validator class of `settings:` in the deployment file; its instance is injected where the class is asked for. */
  settings: Type<Settings>;
  /** Of plugins that pay. */
  orders?: OrderTerms;
  /** The class that Nest instantiates once per connector, in the connector's own module. */
  psp: Type<Psp>;
  /** What else `psp` wants injected, e.g. its HTTP client. */
  providers?: Provider[];
}

/** Lets the compiler check that `settings`, `psp` and `providers` fit, and keeps the plugin's exact type. */
export function definePlugin<Settings extends object>(plugin: Plugin<Settings>): Plugin<Settings> {
  return plugin;
}

/**
 * What the connector's own feed already holds, as of the last committed page: for PSPs whose rows carry no id of their own.
 * Injected under `MIRROR`.
 */
export interface Mirror {
  /** The latest version of each of these ids (as the plugin gave them) that is in the feed of `stream`; absent ones are left out. */
  latest(stream: Stream, ids: readonly string[]): Promise<Map<string, MirroredRecord>>;
}
export const MIRROR = Symbol('MIRROR');

export interface MirroredRecord {
  metadata: Readonly<Record<string, string>>;
  /** Of a transaction only. */
  status?: string;
}

export function isRefusal(item: object): item is Refusal {
  return 'refused' in item;
}
