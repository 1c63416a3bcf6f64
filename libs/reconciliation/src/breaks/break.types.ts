/** The types of a break. A break is a set of items that no rule of the policy could match, and the reason. */
import type { ReconciliationItem } from '@tributary/feed';

/** The classes of the leg from the feed to the ledger. */
export const LEDGER_BREAK_CLASSES = [
  /** The ledger already contains a booking, but the PSP has not made the movement yet. */
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
  /** The PSP reversed the movement after it was booked, or the booking was reverted. */
  'reversed-after-booking',
  /** No rule of the policy finds a key for the item. */
  'no-key',
] as const;

export const BREAK_CLASSES = [
  ...LEDGER_BREAK_CLASSES,
  /** The balance of the PSP differs from the rows of the feed. */
  'completeness-gap',
  /** Formance Payments does not have an object of the feed. */
  'missing-in-payments',
  /** Formance Payments has an object of the feed twice. */
  'doubled-in-payments',
  /** An object has another value in Formance Payments. */
  'differs-in-payments',
  /** Formance Payments has an object that the feed does not contain. */
  'unexpected-in-payments',
] as const;
export type BreakClass = (typeof BREAK_CLASSES)[number];

/**
 * `pending`: the other side may still appear, because the grace period of the policy has not passed. `accepted`: a person accepted the
 * break. `open`: all other breaks. A run with an open break has the verdict `breaks`.
 */
export type BreakState = 'open' | 'pending' | 'accepted';

/** The properties of an item that a break needs. */
export type ComparedItem = Omit<ReconciliationItem, 'number' | 'sincePosition' | 'untilPosition'>;

/** A break as the classification creates it. The state is added later, because it depends on the time and on the decisions of people. */
export interface BreakDraft {
  class: BreakClass;
  items: ComparedItem[];
  /** The reason of the break, as a sentence for the report. */
  reason: string;
  /** The index of the rule by whose key the items were compared. It is absent for an item without another side. */
  rule?: number;
  key?: string;
  /** The booking or the row that the rule `window` suggests as the other side. */
  suggestion?: ComparedItem;
}

/** An item as a report lists it. Amounts are minor units as decimal digits. */
export interface ItemOfBreak {
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
  /** The id of the break. The id stays the same in every run in which the items are unmatched. */
  id: string;
  class: BreakClass;
  state: BreakState;
  /** True if the previous run did not contain the break. */
  isNew: boolean;
  reason: string;
  /** The sum of the PSP's rows minus the sum of the bookings, for each account and asset. */
  differences: { account: string; asset: string; amount: string }[];
  /** The first items of the break; `itemCount` is the number of all items. */
  items: ItemOfBreak[];
  itemCount: number;
  /** The time of the oldest item, RFC 3339. */
  since: string;
  /** Time at which a pending break becomes open, RFC 3339. */
  pendingUntil?: string;
  /** SHA-256 of the class and the items. An acceptance is valid for one fingerprint only. */
  fingerprint: string;
  rule?: number;
  key?: string;
  suggestion?: ItemOfBreak;
  /** The person who accepted the break, the reason, and the time; absent when the break is not accepted. */
  acceptance?: { by: string; note: string; at: string; until?: string };
  assignee?: string;
  /** The leg of the run that found the break. It is absent for a break between the feed and the ledger. */
  leg?: 'feed' | 'payments';
  /** The object that differs. Only breaks of the legs `feed` and `payments` have it, and these breaks have no items. */
  object?: BreakObject;
}

/** An object whose copies at both ends of a leg differ. */
export interface BreakObject {
  /** The path of the connector. */
  source: string;
  kind: 'payment' | 'adjustment' | 'account' | 'beneficiary' | 'balance';
  /** The id of the object, as the gateway serves it. */
  id: string;
}
