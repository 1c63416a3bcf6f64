/** Interfaces of the stored data of reconciliation. Times are milliseconds since 1970. */

/** `psp`: from the feed of a connector. `ledger`: from a Formance Ledger. */
export type ItemSide = 'psp' | 'ledger';

/**
 * `moved`: the item moved its amount. `reversal`: a ledger transaction that reverts another one, so it moved its amount back.
 * The others have the amount 0: `pending`: the PSP has not moved the money yet. `returned`: an earlier version had moved it.
 * `failed`: it never moved.
 */
export type ItemState = 'moved' | 'reversal' | 'pending' | 'returned' | 'failed';

export interface LedgerPosting {
  source: string;
  destination: string;
  asset: string;
  /** Minor units, decimal digits. */
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
  /** The JSON as it is served. */
  body: string;
}

export interface ItemContent {
  side: ItemSide;
  source: string;
  /** The id of the record as served, or the id of the ledger transaction. */
  recordId: string;
  /** The position at which the item begins to exist. */
  sincePosition: number;
  /** The position at which a later version of the record replaces the item; `undefined` for the newest version. */
  untilPosition: number | undefined;
  /** Name of the account in the policy. Empty for an item without an effect. */
  account: string;
  asset: string;
  /** Minor units, as the PSP counts them: positive when the account gets money. */
  amount: bigint;
  at: number;
  state: ItemState;
}

export interface ReconciliationItem extends ItemContent {
  /** Counts from 0 within a policy, without gaps. */
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

/** Positions up to which items exist: the sequence number of each feed by connector, and a transaction id of the ledger. */
export interface ItemCuts {
  feeds: Readonly<Record<string, number>>;
  ledger: number;
}

/** The items that have one key of a rule at the cuts. */
export interface KeyGroupSummary {
  key: string;
  /** Smallest and largest number of the items. */
  first: number;
  last: number;
  /** Set when the group is one row and one booking with equal account, asset and amount, which both moved money. */
  pair: { account: string; asset: string; amount: bigint } | undefined;
}

/** New items of the rows of one source between two positions. */
export interface ItemBatch {
  side: ItemSide;
  source: string;
  fromPosition: number;
  toPosition: number;
  items: readonly NewItem[];
  /** Stored items that a later version replaces. */
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
  /** Sequence number of the event that the end of the run appended. */
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
  /** Counts from 1 without gaps. */
  seq: number;
  /** JSON. */
  body: string;
  /** SHA-256 in hex. */
  hash: string;
}

/** Reads and writes everything that reconciliation stores. */
export interface ReconciliationRepository {
  /** Stores a version of a policy, unless the store has it. @param id SHA-256 of the specification */
  definePolicy(id: string, name: string, spec: string): Promise<void>;
  /** Returns the specification of a policy version, or `undefined`. */
  findPolicySpec(id: string): Promise<string | undefined>;

  /** Returns the largest stored transaction id of a ledger; `undefined` when none is stored. */
  findNewestLedgerId(ledger: string): Promise<number | undefined>;
  /** Stores transactions. Those that are stored already do not change. */
  storeLedgerTransactions(ledger: string, transactions: readonly LedgerTransaction[]): Promise<void>;
  /** Returns stored transactions after this id, in the sequence of their ids. */
  readLedgerTransactions(ledger: string, afterId: number, limit: number): Promise<LedgerTransaction[]>;
  /** Returns one stored transaction. */
  findLedgerTransaction(ledger: string, id: number): Promise<LedgerTransaction | undefined>;
  /** Returns the rows of the transactions feed of a connector after this sequence number. */
  readFeedRows(connector: string, afterSeq: number, limit: number): Promise<StoredFeedRow[]>;
  /**
   * Returns the newest sequence number of the transactions feed of a connector, 0 without rows, the sequence number of the last row that the
   * sums of accounts leave out, and whether rows wait for their original. The sums contain the rows that wait.
   */
  findFeedHead(connector: string): Promise<{ seq: number; summedAfter: number; hasWaitingRows: boolean }>;
  /** Returns the newest row of a record up to this sequence number. */
  findFeedRow(connector: string, recordId: string, upToSeq: number): Promise<StoredFeedRow | undefined>;

  /** Returns up to which position a policy has its items; `undefined` at the beginning. */
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
  /** Returns the keys of a rule after `afterKey`, sorted, with a summary of the items that have each of them at the cuts. */
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
  /** Returns how many items a policy has. Their numbers are smaller. */
  countItems(policyId: string): Promise<number>;

  /** Begins a run, and deletes what interrupted runs left. */
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
  /** Returns finished runs, newest first. @param name name of the policy; all policies without it */
  listRuns(name: string | undefined, limit: number): Promise<StoredRun[]>;
  /** Returns breaks of a run after this id, sorted by id. */
  readBreaks(runId: string, afterId: string, limit: number): Promise<StoredBreak[]>;
  findBreak(runId: string, id: string): Promise<StoredBreak | undefined>;
  /** Returns the ids of the first breaks of a run in this state, sorted. */
  listBreakIds(runId: string, state: string, limit: number): Promise<string[]>;
  /** Returns those of the ids that are breaks of this run. */
  findBreakIds(runId: string, ids: readonly string[]): Promise<Set<string>>;

  /** Appends an event to the chain. @returns the stored event */
  appendEvent(event: object): Promise<StoredReconciliationEvent>;
  /** Returns events after this sequence number. */
  readEvents(afterSeq: number, limit: number): Promise<StoredReconciliationEvent[]>;
  /** Returns the last sequence number; 0 without events. */
  findLastEventSeq(): Promise<number>;
}
