/** Interfaces of the stored data of reconciliation. Times are milliseconds since 1970. */

/** `psp`: from the feed of a connector. `ledger`: from a Formance Ledger. */
export type ItemSide = 'psp' | 'ledger';

/**
 * `moved`: the item moved its amount. `reversal`: a ledger transaction that reverts another transaction, so it moved the amount back. Items
 * of the other states have the amount 0. `pending`: the PSP has not moved the money yet. `returned`: an earlier version had moved the
 * money. `failed`: the money never moved.
 */
export type ItemState = 'moved' | 'reversal' | 'pending' | 'returned' | 'failed';

export interface LedgerPosting {
  source: string;
  destination: string;
  asset: string;
  /** Minor units as decimal digits. */
  amount: string;
}

export interface LedgerTransaction {
  id: number;
  at: number;
  reference: string | undefined;
  metadata: Readonly<Record<string, string>>;
  postings: readonly LedgerPosting[];
}

export interface StoredFeedRow {
  seq: number;
  recordId: string;
  /** The JSON as served to clients. */
  body: string;
}

export interface ItemContent {
  side: ItemSide;
  source: string;
  /** The id of the record as served to clients, or the id of the ledger transaction. */
  recordId: string;
  /** The position from which the item exists. */
  sincePosition: number;
  /** The position at which a later version of the record replaces the item; `undefined` for the newest version. */
  untilPosition: number | undefined;
  /** Name of the account in the policy. Empty for an item without an effect. */
  account: string;
  asset: string;
  /** Minor units with the sign of the PSP: positive when the account receives money. */
  amount: bigint;
  at: number;
  state: ItemState;
}

export interface ReconciliationItem extends ItemContent {
  /** Number of the item, from 0 within a policy and without gaps. */
  number: number;
}

export interface NewItem extends ItemContent {
  keys: readonly ItemKey[];
}

export interface ItemKey {
  /** Index of the rule in the policy. */
  rule: number;
  key: string;
}

export interface KeyedItem {
  key: string;
  item: ReconciliationItem;
}

/**
 * Positions up to which items are included in a run: for each connector the sequence number of its feed, and a transaction id of the
 * ledger.
 */
export interface ItemCuts {
  feeds: Readonly<Record<string, number>>;
  ledger: number;
}

/** Summary of the items that have the same key of a rule at the cuts. */
export interface KeyGroupSummary {
  key: string;
  /** Smallest and largest item number in the group. */
  first: number;
  last: number;
  /** Set when the group consists of one row and one booking that moved money, with equal account, asset and amount. */
  pair: { account: string; asset: string; amount: bigint } | undefined;
}

/** New items from the rows of one source between two positions. */
export interface ItemBatch {
  side: ItemSide;
  source: string;
  fromPosition: number;
  toPosition: number;
  items: readonly NewItem[];
  /** Stored items that are replaced by later versions. */
  replaced: readonly { number: number; untilPosition: number }[];
}

export interface StoredRun {
  id: string;
  policyId: string;
  name: string;
  /** JSON. */
  inputs: string;
  startedAt: number;
  finishedAt: number;
  verdict: string;
  /** JSON. */
  summary: string;
  sha256: string;
  /** Sequence number of the event that the run appended at its end. */
  eventSeq: number;
}

export interface StoredBreak {
  id: string;
  class: string;
  state: string;
  /** JSON. */
  body: string;
}

export interface StoredReconciliationEvent {
  /** Sequence number, from 1 and without gaps. */
  seq: number;
  /** JSON. */
  body: string;
  /** SHA-256 in hex. */
  hash: string;
}

/** Reads and writes all stored data of reconciliation. */
export interface ReconciliationRepository {
  /** Stores a version of a policy, unless it is stored already. @param id SHA-256 of the specification */
  definePolicy(id: string, name: string, spec: string): Promise<void>;
  /** Returns the specification of a policy version, or `undefined`. */
  findPolicySpec(id: string): Promise<string | undefined>;

  /** Returns the largest stored transaction id of a ledger; `undefined` when none is stored. */
  findNewestLedgerId(ledger: string): Promise<number | undefined>;
  /** Stores transactions. Transactions that are already stored do not change. */
  storeLedgerTransactions(ledger: string, transactions: readonly LedgerTransaction[]): Promise<void>;
  /** Returns stored transactions after this id, in the sequence of their ids. */
  readLedgerTransactions(ledger: string, afterId: number, limit: number): Promise<LedgerTransaction[]>;
  /** Returns one stored transaction. */
  findLedgerTransaction(ledger: string, id: number): Promise<LedgerTransaction | undefined>;
  /** Returns the rows of the transactions feed of a connector after this sequence number. */
  readFeedRows(connector: string, afterSeq: number, limit: number): Promise<StoredFeedRow[]>;
  /**
   * Returns the state of the transactions feed of a connector: its newest sequence number (0 without rows), the sequence number of the last
   * row that the sums of accounts omit, and whether the feed has held rows. The sums contain the held rows.
   */
  findFeedHead(connector: string): Promise<{ seq: number; summedAfter: number; hasWaitingRows: boolean }>;
  /** Returns the newest row of a record up to this sequence number. */
  findFeedRow(connector: string, recordId: string, upToSeq: number): Promise<StoredFeedRow | undefined>;

  /** Returns the position up to which the items of a policy were created; `undefined` at the beginning. */
  findPosition(policyId: string, side: ItemSide, source: string): Promise<number | undefined>;
  /** Stores items and the position. @returns false when another process has moved the position; then nothing was written */
  storeItems(policyId: string, batch: ItemBatch): Promise<boolean>;
  /** Returns the items of all versions of these records. */
  findItemsOfRecords(
    policyId: string,
    side: ItemSide,
    source: string,
    recordIds: readonly string[],
  ): Promise<ReconciliationItem[]>;
  /** Returns the keys of items, with the number of the item. */
  findKeys(policyId: string, numbers: readonly number[]): Promise<(ItemKey & { number: number })[]>;
  /** Returns the keys of a rule after `afterKey`, sorted. Each key has a summary of its items at the cuts. */
  summarizeKeyGroups(
    policyId: string,
    rule: number,
    cuts: ItemCuts,
    afterKey: string | undefined,
    limit: number,
  ): Promise<KeyGroupSummary[]>;
  /** Returns all items with one of these keys of a rule, sorted by key and number. */
  findItemsByKeys(policyId: string, rule: number, keys: readonly string[]): Promise<KeyedItem[]>;
  /** Returns the items with these numbers, sorted by number. */
  findItems(policyId: string, numbers: readonly number[]): Promise<ReconciliationItem[]>;
  /** Returns the number of items of a policy. All item numbers are smaller. */
  countItems(policyId: string): Promise<number>;

  /** Begins a run, and deletes the data of interrupted runs. */
  beginRun(run: {
    id: string;
    policyId: string;
    name: string;
    inputs: string;
    startedAt: number;
  }): Promise<void>;
  /** Adds breaks to a run that is not finished. */
  addBreaks(runId: string, breaks: readonly StoredBreak[]): Promise<void>;
  /** Finishes a run and appends its event, in one transaction. */
  finishRun(
    run: { id: string; finishedAt: number; verdict: string; summary: string; sha256: string },
    event: object,
  ): Promise<void>;
  findRun(id: string): Promise<StoredRun | undefined>;
  /** Returns finished runs, newest first. @param name name of the policy; `undefined` for all policies */
  listRuns(name: string | undefined, limit: number): Promise<StoredRun[]>;
  /** Returns breaks of a run after this id, sorted by id. */
  readBreaks(runId: string, afterId: string, limit: number): Promise<StoredBreak[]>;
  findBreak(runId: string, id: string): Promise<StoredBreak | undefined>;
  /** Returns the ids of the first breaks of a run in this state, sorted. */
  listBreakIds(runId: string, state: string, limit: number): Promise<string[]>;
  /** Returns the ids among these that belong to breaks of this run. */
  findBreakIds(runId: string, ids: readonly string[]): Promise<Set<string>>;

  /** Appends an event to the chain. @returns the stored event */
  appendEvent(event: object): Promise<StoredReconciliationEvent>;
  /** Returns events after this sequence number. */
  readEvents(afterSeq: number, limit: number): Promise<StoredReconciliationEvent[]>;
  /** Returns the last sequence number; 0 without events. */
  findLastEventSeq(): Promise<number>;
}
