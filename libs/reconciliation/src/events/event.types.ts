/** The events of the audit trail: what people decided about breaks, and which runs were made. */
import type { ItemSide } from '@tributary/feed';

/** Identifies an item across runs. */
export interface ItemReference {
  side: ItemSide;
  source: string;
  recordId: string;
  account: string;
  asset: string;
}

/** What a person does. `by` names the person. */
export type Decision = { policy: string; by: string; note: string } & (
  | { kind: 'accept'; break: string; fingerprint: string; until?: string }
  | { kind: 'assign'; break: string; assignee: string }
  | { kind: 'comment'; break: string }
  /** The items belong together, although no rule says so. Their sums are equal. */
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
