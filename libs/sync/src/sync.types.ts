import type { Page, Psp, Stream } from '@tributary/connector-api';
import type { SyncRun } from '@tributary/feed';

/** One configured PSP, as sync sees it. */
export interface SyncConnector {
  /** `house-bank`, `acme/house-bank`. */
  path: string;
  psp: Psp;
  /** Milliseconds between two pulls of a stream. */
  every: number;
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
  /** Another process has taken over. */
  | { kind: 'lost' }
  | { kind: 'failed'; error: Error };

export interface FinishedRun {
  run: SyncRun;
  outcome: Outcome;
  /** Refusals and findings that were not open before. */
  freshTroubles: number;
  /** Whether the quarantine may have changed. */
  touchedQuarantine: boolean;
}
