/** The events of the audit trail: decisions of people about breaks, and finished runs. */
import type { ItemSide } from '@tributary/feed';

/** Identifies an item across runs. */
export interface ItemReference {
  side: ItemSide;
  source: string;
  recordId: string;
  account: string;
  asset: string;
}

/** A decision of a person. `by` is the name of the person. */
export type Decision = { policy: string; by: string; note: string } & (
  | { kind: 'accept'; break: string; fingerprint: string; until?: string }
  | { kind: 'assign'; break: string; assignee: string }
  | { kind: 'comment'; break: string }
  /** The items belong together although no rule matches them. The sums of their two sides are equal. */
  | { kind: 'link'; breaks: string[]; items: ItemReference[] }
  /** Undoes the event `link` with this sequence number. */
  | { kind: 'unlink'; link: number }
);

/** A run was finished. `sha256` covers its inputs, its summary and its breaks. */
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

/** An event as it is stored. */
export type ReconciliationEvent = (Decision | RunEvent) & {
  seq: number;
  /** RFC 3339. */
  at: string;
};
