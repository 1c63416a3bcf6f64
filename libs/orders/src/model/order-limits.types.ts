/** Types of the payment limits of a connector, and of the result of a limit check. */
import type { Money, OrderKind } from '@tributary/connector-api';

export interface OrderLimits {
  /**
   * The maximum amount of one order, in minor units by asset (`EUR/2`). An order in another asset is rejected. If the map is empty, there
   * is no limit.
   */
  largest: ReadonlyMap<string, bigint>;
  /**
   * The maximum total of one UTC day, in minor units by asset. The total contains all orders of the day that did not fail. An order in
   * another asset is rejected. If the map is empty, there is no limit.
   */
  perDay: ReadonlyMap<string, bigint>;
  /** The ids of the beneficiaries that may be paid, as served to clients. If the set is absent, every beneficiary may be paid. */
  beneficiaries?: ReadonlySet<string>;
  /** The age in ms at which an order is reported to operators, once, if the PSP has not confirmed that it has the order. */
  alertAfterMs: number;
}

/** The input of the limit check: the order, and the total of the earlier orders of the day. */
export interface OrderLimitCheckInput {
  kind: OrderKind;
  amount: Money;
  /** The id of the destination account, as served to clients. */
  destinationAccountId: string;
  /** The total of the earlier orders of the same UTC day and asset, in minor units. Failed orders are not included. */
  orderedTodayTotal: bigint;
}

/** The limit that an order violates. Clients get the code and the message as the failure reason of the order. */
export interface OrderLimitViolation {
  code: 'limit_largest' | 'limit_per_day' | 'beneficiary_not_allowed';
  /** A sentence with the ordered amount and the allowed amount. */
  message: string;
}

/**
 * The signature of `checkOrderLimits`. The function returns the first limit that an order violates, or `undefined`. It has no side effects.
 */
export type CheckOrderLimits = (
  order: OrderLimitCheckInput,
  limits: OrderLimits,
) => OrderLimitViolation | undefined;
