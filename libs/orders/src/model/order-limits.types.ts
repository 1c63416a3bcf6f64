/** Types of the payment limits of a connector, and of the result of a limit check. */
import type { Money, OrderKind } from '@tributary/connector-api';

export interface OrderLimits {
  /** Maximum amount of one order, in minor units by asset (`EUR/2`). If empty, there is no limit. Otherwise only these assets may be paid. */
  largest: ReadonlyMap<string, bigint>;
  /**
   * Maximum total per UTC day, in minor units by asset. The total contains the orders of that day that did not fail. If empty, there is no
   * limit; otherwise only these assets may be paid.
   */
  perDay: ReadonlyMap<string, bigint>;
  /** Ids (as served) of the beneficiaries that may be paid. If absent, every beneficiary may be paid. */
  beneficiaries?: ReadonlySet<string>;
  /**
   * Age in ms of an unconfirmed order at which it is reported to operators, once. Unconfirmed: the PSP has not confirmed that it has the
   * order.
   */
  alertAfterMs: number;
}

/** Input of the limit check: the order, and the total of the earlier orders of the day. */
export interface OrderLimitCheckInput {
  kind: OrderKind;
  amount: Money;
  /** Account id as served to clients. */
  destinationAccountId: string;
  /** Total of the earlier orders of the same UTC day and asset that did not fail, in minor units. */
  orderedTodayTotal: bigint;
}

/** The limit that an order violates. Clients get it as the failure code and failure reason of the order. */
export interface OrderLimitViolation {
  code: 'limit_largest' | 'limit_per_day' | 'beneficiary_not_allowed';
  /** A message with the ordered amount and the allowed amount. */
  message: string;
}

/** Signature of `checkOrderLimits`: returns the first limit that an order violates, or `undefined`. Pure. */
export type CheckOrderLimits = (
  order: OrderLimitCheckInput,
  limits: OrderLimits,
) => OrderLimitViolation | undefined;
