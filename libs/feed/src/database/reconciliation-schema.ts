/** The tables of reconciliation as types for Kysely. Times are milliseconds since 1970. Amounts are decimal digits with a sign. */
import type { ItemSide, ItemState } from '../types/reconciliation.types.js';

/** A transaction of a Formance Ledger, as the ledger returned it when it was read first. `ledger` identifies the server and the ledger. */
export interface LedgerTransactionTable {
  ledger: string;
  id: number;
  at: number;
  reference: string | null;
  /** A JSON object whose values are strings. */
  metadata: string;
  /** A JSON array of `LedgerPosting`. */
  postings: string;
}

/** One version of a policy. `id` is the SHA-256 of the serialized policy. */
export interface ReconciliationPolicyTable {
  id: string;
  /** The name of the tenant and the name of the policy: `acme/house-bank`. */
  name: string;
  spec: string;
  /** The number of items that were created for the policy. It is also the number of the next item. */
  items: number;
  created_at: number;
}

/** The position in a feed or a ledger up to which the items of a policy were created. */
export interface ReconciliationPositionTable {
  policy_id: string;
  side: ItemSide;
  source: string;
  position: number;
}

/**
 * The amount that one version of a record, or one ledger transaction, moves on one account in one asset. `types/reconciliation.types.ts`
 * describes the columns.
 */
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
  /** The index of the rule in the policy, from 0. */
  rule: number;
  key: string;
  number: number;
}

export interface ReconciliationRunTable {
  id: string;
  policy_id: string;
  name: string;
  /** JSON with all inputs of the run besides the items. The result of the run depends only on these inputs and the items. */
  inputs: string;
  started_at: number;
  /** The time at which the run finished; `null` while the run has no result. */
  finished_at: number | null;
  /** The number of the event that the run appended at its end. Events with a larger number belong to later runs. */
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

/** An event of the audit trail. `hash` is the SHA-256 of `body` and the hash of the previous event. */
export interface ReconciliationEventTable {
  seq: number;
  body: string;
  hash: string;
}
