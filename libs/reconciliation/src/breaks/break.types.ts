/** A break: items of a policy that no rule could match, and why. */
import type { ReconciliationItem } from '@tributary/feed';

export const BREAK_CLASSES = [
  /** The ledger has a booking for a movement that the PSP has not made yet. */
  'in-progress',
  'missing-in-ledger',
  'missing-at-psp',
  'amount-differs',
  'asset-differs',
  /** Both sides have the movement, on different accounts of the policy. */
  'account-differs',
  /** The sums are equal, but no rule allows this number of rows and bookings. */
  'grouping-differs',
  /** The movement is booked more than once. */
  'duplicate',
  /** The PSP took the movement back after it was booked, or its booking was reverted. */
  'reversed-after-booking',
  /** No rule of the policy finds a key in the item. */
  'no-key',
] as const;
export type BreakClass = (typeof BREAK_CLASSES)[number];

/** `pending`: still within the grace of the policy. `accepted`: a person accepted it. Only `open` breaks decide the verdict `breaks`. */
export type BreakState = 'open' | 'pending' | 'accepted';

/** What a break needs to know about an item. */
export type ComparedItem = Omit<ReconciliationItem, 'number' | 'sincePosition' | 'untilPosition'>;

/** What the classification found, before the decisions of people and the time are considered. */
export interface BreakDraft {
  class: BreakClass;
  items: ComparedItem[];
  /** A sentence for a person. */
  reason: string;
  /** The rule and the key under which the items were compared; absent for items without a partner. */
  rule?: number;
  key?: string;
  /** The booking or the row that the rule `window` suggests. */
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
  /** The same in each run in which the items remain unmatched. */
  id: string;
  class: BreakClass;
  state: BreakState;
  /** Whether the run before did not have the break. */
  isNew: boolean;
  reason: string;
  /** Difference of the PSP minus the ledger, for each account and asset. */
  differences: { account: string; asset: string; amount: string }[];
  /** The first items; `itemCount` tells how many there are. */
  items: BreakItem[];
  itemCount: number;
  /** The time of the oldest item, RFC 3339. */
  since: string;
  /** When a pending break becomes open, RFC 3339. */
  pendingUntil?: string;
  /** SHA-256 of class and items. An acceptance is valid for one fingerprint only. */
  fingerprint: string;
  rule?: number;
  key?: string;
  suggestion?: BreakItem;
  /** The person who accepted the break, and the reason. */
  acceptance?: { by: string; note: string; at: string; until?: string };
  assignee?: string;
}
