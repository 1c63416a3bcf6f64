/** A break: items of a policy that no rule could match, and the reason. */
import type { ReconciliationItem } from '@tributary/feed';

export const BREAK_CLASSES = [
  /** The ledger contains a booking for a movement that the PSP has not made yet. */
  'in-progress',
  'missing-in-ledger',
  'missing-at-psp',
  'amount-differs',
  'asset-differs',
  /** PSP and ledger contain the movement, but on different accounts of the policy. */
  'account-differs',
  /** The sums are equal, but no rule allows this number of rows and bookings. */
  'grouping-differs',
  /** The movement is booked more than once. */
  'duplicate',
  /** The PSP took the movement back after it was booked, or its booking was reverted. */
  'reversed-after-booking',
  /** No rule of the policy finds a key for the item. */
  'no-key',
] as const;
export type BreakClass = (typeof BREAK_CLASSES)[number];

/**
 * `pending`: the grace (the time that the policy allows for the other side to appear) has not passed. `accepted`: a person accepted the
 * break. Only `open` breaks lead to the verdict `breaks`.
 */
export type BreakState = 'open' | 'pending' | 'accepted';

/** The properties of an item that a break uses. */
export type ComparedItem = Omit<ReconciliationItem, 'number' | 'sincePosition' | 'untilPosition'>;

/** The result of the classification, before the decisions of people and the time are applied. */
export interface BreakDraft {
  class: BreakClass;
  items: ComparedItem[];
  /** The reason as a sentence for people. */
  reason: string;
  /** The rule and the key by which the items were compared; absent for items without a partner. */
  rule?: number;
  key?: string;
  /** The booking or the row that the rule `window` suggests as the partner. */
  suggestion?: ComparedItem;
}

/** An item in a report. Amounts are minor units, decimal digits. */
export interface BreakItem {
  side: ReconciliationItem['side'];
  source: string;
  recordId: string;
  account: string;
  asset: string;
  amount: string;
  state: ReconciliationItem['state'];
  /** RFC 3339. */
  at: string;
}

export interface Break {
  /** Stays the same in every run in which the items are unmatched. */
  id: string;
  class: BreakClass;
  state: BreakState;
  /** Whether the previous run did not contain the break. */
  isNew: boolean;
  reason: string;
  /** The sum of the PSP minus the sum of the ledger, for each account and asset. */
  differences: { account: string; asset: string; amount: string }[];
  /** The first items of the break; `itemCount` is the number of all items. */
  items: BreakItem[];
  itemCount: number;
  /** The time of the oldest item, RFC 3339. */
  since: string;
  /** Time at which a pending break becomes open, RFC 3339. */
  pendingUntil?: string;
  /** SHA-256 of the class and the items. An acceptance is valid for one fingerprint only. */
  fingerprint: string;
  rule?: number;
  key?: string;
  suggestion?: BreakItem;
  /** The person who accepted the break, and the reason. */
  acceptance?: { by: string; note: string; at: string; until?: string };
  assignee?: string;
}
