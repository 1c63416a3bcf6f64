import type { Page, Psp, Stream, WireRecord } from '@tributary/connector-api';
import type { NextPull, SyncRun } from '@tributary/feed';

/** One configured PSP, as sync sees it. */
export interface SyncConnector {
  /** `house-bank`, `acme/house-bank`. */
  path: string;
  psp: Psp;
  /** Milliseconds between two pulls of a stream. */
  every: number;
  /** Of a connector that pays. */
  claims?: TransactionClaims;
}

/** Whoever knows of a movement already, because it was ordered here, keeps it from being served a second time. */
export interface TransactionClaims {
  /**
   * Called with each page of transactions before it is committed, and again when that fails: what it does must bear repetition, and
   * be durable when it returns.
   * @param items as the plugin gave them, unchecked
   */
  claim(items: readonly unknown[]): Promise<ClaimedPage | HeldPage>;
}

export interface ClaimedPage {
  /** What nobody claims. */
  items: unknown[];
  /** What is served in the place of items that were claimed. */
  records: WireRecord[];
}

/** It cannot be told yet whose a movement is: the pull ends, and soon comes back to this page. */
export interface HeldPage {
  /** Why, for people. */
  held: string;
}

/** How far a pull is. */
export interface SyncProgress {
  connector: string;
  stream: Stream;
  pages: number;
  records: number;
  added: number;
  changed: number;
  refused: number;
  /** As the plugin reports it, where it knows. */
  listing?: Page<unknown>['progress'];
  /** With the pull's end. */
  finished: boolean;
  error?: string;
}

/** How a pull ended. */
export type Outcome =
  | { kind: 'caught-up' }
  /** The engine stops. */
  | { kind: 'stopped' }
  /** Another process is pulling this stream. */
  | { kind: 'busy' }
  /** Another process has pulled it a short while ago; milliseconds. */
  | { kind: 'rested'; dueIn: number; caughtUpAgo: number | undefined }
  /** Another process has taken over. */
  | { kind: 'lost' }
  /** A page waits until it is known whose it is. */
  | { kind: 'held'; reason: string }
  | { kind: 'failed'; error: Error };

/** What follows from how a pull ended. */
export interface Plan {
  /** Milliseconds until this process looks at the stream again. */
  next: number;
  /** For whoever shares the store; without it the stream stays due. */
  shared?: NextPull;
}

export interface FinishedRun {
  run: SyncRun;
  outcome: Outcome;
  /** Milliseconds until this process looks at the stream again. */
  next: number;
  /** Refusals and findings that were not open before. */
  freshTroubles: number;
  /** Whether the quarantine may have changed. */
  touchedQuarantine: boolean;
}
