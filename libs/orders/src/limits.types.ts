/** What a connector's deployment allows to be paid, and what a refusal of ours says. */
import type { Money, OrderKind } from '@tributary/connector-api';

export interface OrderLimits {
  /** Largest amount of one order, minor units by asset (`EUR/2`). Empty: no limit; otherwise only these assets may be paid. */
  largest: ReadonlyMap<string, bigint>;
  /** Largest sum of a UTC day, minor units by asset, over the orders taken that day that did not fail. Empty: as `largest`. */
  perDay: ReadonlyMap<string, bigint>;
  /** Who may be paid out to, by the ids that the list of beneficiaries serves; anybody without it. */
  beneficiaries?: ReadonlySet<string>;
  /** Milliseconds after which an order whose outcome is still unknown is shown to people. */
  unknownAfter: number;
}

/** What limits are checked against. */
export interface LimitedOrder {
  kind: OrderKind;
  amount: Money;
  /** As served. */
  destinationAccountId: string;
  /** What was taken before it on the same UTC day in the same asset and did not fail, minor units. */
  takenToday: bigint;
}

/** Why a limit refuses an order; served as its failure code and reason. */
export interface LimitRefusal {
  code: 'limit_largest' | 'limit_per_day' | 'beneficiary_not_allowed';
  /** In words a person understands: what was asked, what is allowed. */
  message: string;
}

/** The function of `limits.ts`: the first limit that an order breaks, or `undefined`. Pure. */
export type CheckLimits = (order: LimitedOrder, limits: OrderLimits) => LimitRefusal | undefined;
