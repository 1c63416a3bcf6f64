/** The tables of reconciliation as types for Kysely. Times are milliseconds since 1970, amounts are decimal digits with a sign. */
import type { ItemSide, ItemState } from '../types/reconciliation.types.js';

/** A transaction of a Formance Ledger, as it was first read. `ledger` names the server and the ledger. */
export interface LedgerTransactionTable {
  ledger: string;
  id: number;
  at: number;
  reference: string | null;
  /** JSON object with strings. */
  metadata: string;
  /** JSON array of `LedgerPosting`. */
  postings: string;
}

/** One version of a policy. `id` is the SHA-256 of its specification. */
export interface ReconciliationPolicyTable {
  id: string;
  /** With the tenant: `acme/house-bank`. */
  name: string;
  spec: string;
  /** Number of items that were created for it. The next item has the next number. */
  items: number;
  created_at: number;
}

/** Up to which position of a feed or a ledger a policy has its items. */
export interface ReconciliationPositionTable {
  policy_id: string;
  side: ItemSide;
  source: string;
  position: number;
}

/** What one version of a record, or one ledger transaction, moves on one account in one asset. `types/reconciliation.types.ts` describes it. */
export interface ReconciliationItemTable {
  policy_id: string;
  number: number;
  side: ItemSide;
  source: string;
  record_id: string;
  since_position: number;
  until_position: number | null;
  account: string;
  asset: string;
  amount: string;
  at: number;
  state: ItemState;
}

/** The value by which a rule of the policy compares an item. */
export interface ReconciliationKeyTable {
  policy_id: string;
  /** Index of the rule in the policy, from 0. */
  rule: number;
  key: string;
  number: number;
}

export interface ReconciliationRunTable {
  id: string;
  policy_id: string;
  name: string;
  /** JSON: everything that the result follows from, besides the items. */
  inputs: string;
  started_at: number;
  /** `null` while the run is not finished; then it has no result. */
  finished_at: number | null;
  /** The event that the end of the run appended. A larger one belongs to a newer run. */
  event_seq: number | null;
  verdict: string | null;
  summary: string | null;
  sha256: string | null;
}

export interface ReconciliationBreakTable {
  run_id: string;
  id: string;
  class: string;
  state: string;
  body: string;
}

/** An event of the audit trail. `hash` is the SHA-256 of the hash of the event before and `body`. */
export interface ReconciliationEventTable {
  seq: number;
  body: string;
  hash: string;
}
