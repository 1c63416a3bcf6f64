/** The types of the events in the audit trail: decisions of people about breaks, and finished runs. */
import type { ItemSide } from '@tributary/feed';

/** Identifies an item in all runs of a policy. */
export interface ItemReference {
  side: ItemSide;
  source: string;
  recordId: string;
  account: string;
  asset: string;
}

/** A decision of a person about breaks. `by` is the name of the person. */
export type Decision = { policy: string; by: string; note: string } & (
  | { kind: 'accept'; break: string; fingerprint: string; until?: string }
  | { kind: 'assign'; break: string; assignee: string }
  | { kind: 'comment'; break: string }
  /** The items belong together although no rule matches them. The sums of their two sides are equal. */
  | { kind: 'link'; breaks: string[]; items: ItemReference[] }
  /** Undoes the event `link` with this sequence number. */
  | { kind: 'unlink'; link: number }
);

/** Records that a run was finished. `sha256` is the hash of the run's inputs, summary and breaks. */
export interface RunEvent {
  kind: 'run';
  policy: string;
  run: string;
  verdict: string;
  sha256: string;
  /** Milliseconds since 1970. */
  startedAt: number;
  finishedAt: number;
}

/** An event as the audit trail stores it. */
export type ReconciliationEvent = (Decision | RunEvent) & {
  seq: number;
  /** RFC 3339. */
  at: string;
};
