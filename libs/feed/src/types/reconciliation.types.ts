/** The interfaces of the stored data of reconciliation. Times are milliseconds since 1970. */

/** Where an item comes from: `psp` is the feed of a connector, `ledger` is a Formance Ledger. */
export type ItemSide = 'psp' | 'ledger';

/**
 * The states of an item. `moved`: the item moved its amount. `reversal`: a ledger transaction that reverts another transaction, so it moved
 * the amount back. Items of the other states have the amount 0. `pending`: the PSP has not moved the money yet. `returned`: an earlier
 * version had moved the money. `failed`: the money never moved.
 */
export type ItemState = 'moved' | 'reversal' | 'pending' | 'returned' | 'failed';

export interface LedgerPosting {
  source: string;
  destination: string;
  asset: string;
  /** The amount in minor units, as decimal digits. */
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
  /** The name of the account in the policy. It is empty for an item that moves no money. */
  account: string;
  asset: string;
  /** The amount in minor units with the sign of the PSP: positive when the account receives money. */
  amount: bigint;
  at: number;
  state: ItemState;
}

export interface ReconciliationItem extends ItemContent {
  /** The number of the item, from 0 within a policy and without gaps. */
  number: number;
}

export interface NewItem extends ItemContent {
  keys: readonly ItemKey[];
}

export interface ItemKey {
  /** The index of the rule in the policy. */
  rule: number;
  key: string;
}

export interface KeyedItem {
  key: string;
  item: ReconciliationItem;
}

/**
 * The cuts of a run: the positions up to which a run includes items. The cut of a feed is a
 * sequence number. The cut of the ledger is a transaction id.
 */
export interface ItemCuts {
  feeds: Readonly<Record<string, number>>;
  ledger: number;
}

/** The result of comparing the items of consecutive keys of a rule. */
export interface KeyGroupBatch {
  lastKey: string;
  /**
   * The numbers of items that match without further checks, two for each pair. A pair is one row and one booking. They are the only items of
   * their key, both have moved money, and their account, asset and amount are equal.
   */
  pairedNumbers: number[];
  /** The keys whose items are no such pair. */
  otherKeys: string[];
}

/** The sum of the items of one side, account and asset that have moved money. */
export interface ItemSum {
  side: ItemSide;
  account: string;
  asset: string;
  /** The number of items. */
  items: number;
  /** The sum in minor units, with the sign of the PSP. */
  amount: bigint;
}

/** New items from the rows of one source between two positions. */
export interface ItemBatch {
  side: ItemSide;
  source: string;
  fromPosition: number;
  toPosition: number;
  items: readonly NewItem[];
  /** Stored items that end because a later version replaces them. */
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
  /** The sequence number of the event that the run appended at its end. */
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
  /** The sequence number of the event, from 1 and without gaps. */
  seq: number;
  /** JSON. */
  body: string;
  /** The SHA-256 in hexadecimal digits. */
  hash: string;
}

/** Reads and writes all stored data of reconciliation. */
export interface ReconciliationRepository {
  /**
   * Stores a version of a policy, unless it is already stored.
   * @param id SHA-256 of the serialized policy
   */
  definePolicy(id: string, name: string, spec: string): Promise<void>;
  /** Returns the serialized policy of a policy version, or `undefined`. */
  findPolicySpec(id: string): Promise<string | undefined>;

  /** Returns the largest stored transaction id of a ledger. The result is `undefined` when no transaction is stored. */
  findNewestLedgerId(ledger: string): Promise<number | undefined>;
  /** Stores transactions of a ledger. Transactions that are already stored do not change. */
  storeLedgerTransactions(ledger: string, transactions: readonly LedgerTransaction[]): Promise<void>;
  /** Returns stored transactions after this id, in the sequence of their ids. */
  readLedgerTransactions(ledger: string, afterId: number, limit: number): Promise<LedgerTransaction[]>;
  /** Returns one stored transaction, or `undefined`. */
  findLedgerTransaction(ledger: string, id: number): Promise<LedgerTransaction | undefined>;
  /** Returns the rows of the transactions feed of a connector after this sequence number. */
  readFeedRows(connector: string, afterSeq: number, limit: number): Promise<StoredFeedRow[]>;
  /**
   * Returns the state of the transactions feed of a connector. `seq` is the newest sequence number (0 without rows). The sums of accounts
   * contain only rows after `summedAfter`. `hasWaitingRows` is true if rows wait for their original; the sums already contain these rows.
   */
  findFeedHead(connector: string): Promise<{ seq: number; summedAfter: number; hasWaitingRows: boolean }>;
  /** Returns the newest version of a record among the rows up to the sequence number `upToSeq`. */
  findFeedRow(connector: string, recordId: string, upToSeq: number): Promise<StoredFeedRow | undefined>;

  /** Returns the position up to which the items of a policy were created. The result is `undefined` if no items were created. */
  findPosition(policyId: string, side: ItemSide, source: string): Promise<number | undefined>;
  /**
   * Stores items, and the position up to which they were created.
   * @returns false when another process has moved the position. In this case nothing was written
   */
  storeItems(policyId: string, batch: ItemBatch): Promise<boolean>;
  /** Returns the items of all versions of these records. */
  findItemsOfRecords(
    policyId: string,
    side: ItemSide,
    source: string,
    recordIds: readonly string[],
  ): Promise<ReconciliationItem[]>;
  /** Returns the keys of items. Each key has the number of its item. */
  findKeys(policyId: string, numbers: readonly number[]): Promise<(ItemKey & { number: number })[]>;
  /**
   * Compares the items of the next keys of a rule after `afterKey`, at the cuts.
   * @param limit maximum number of keys
   * @returns `undefined` when there are no further keys
   */
  compareKeyGroups(
    policyId: string,
    rule: number,
    cuts: ItemCuts,
    afterKey: string | undefined,
    limit: number,
  ): Promise<KeyGroupBatch | undefined>;
  /** Returns all items that have one of these keys of a rule, sorted by key and number. */
  findItemsByKeys(policyId: string, rule: number, keys: readonly string[]): Promise<KeyedItem[]>;
  /** Returns the items with these numbers, sorted by number. */
  findItems(policyId: string, numbers: readonly number[]): Promise<ReconciliationItem[]>;
  /** Returns the number of items of a policy. All item numbers are smaller than this number. */
  countItems(policyId: string): Promise<number>;
  /** Returns the sums of the items that have moved money and exist at the cuts. */
  sumItems(policyId: string, cuts: ItemCuts): Promise<ItemSum[]>;

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
  /**
   * Returns finished runs, newest first.
   * @param name name of the policy; `undefined` for all policies
   */
  listRuns(name: string | undefined, limit: number): Promise<StoredRun[]>;
  /** Returns breaks of a run after this id, sorted by id. */
  readBreaks(runId: string, afterId: string, limit: number): Promise<StoredBreak[]>;
  findBreak(runId: string, id: string): Promise<StoredBreak | undefined>;
  /** Returns the ids of the first breaks of a run in this state, sorted. */
  listBreakIds(runId: string, state: string, limit: number): Promise<string[]>;
  /** Returns those of the given ids that are breaks of this run. */
  findBreakIds(runId: string, ids: readonly string[]): Promise<Set<string>>;

  /**
   * Appends an event to the audit trail.
   * @returns the stored event
   */
  appendEvent(event: object): Promise<StoredReconciliationEvent>;
  /** Returns events after this sequence number. */
  readEvents(afterSeq: number, limit: number): Promise<StoredReconciliationEvent[]>;
  /** Returns the sequence number of the last event; 0 if there is none. */
  findLastEventSeq(): Promise<number>;
}
