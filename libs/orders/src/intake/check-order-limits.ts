/**
 * Checks an order against the payment limits of its connector. The function does not read the store: the caller passes the total of the
 * day.
 */
import { formatAmount, type Money } from '@tributary/connector-api';
import type {
  CheckOrderLimits,
  OrderLimitCheckInput,
  OrderLimitViolation,
  OrderLimits,
} from '../model/order-limits.types.js';

/** Returns the first limit that the order violates, or `undefined`. */
export const checkOrderLimits: CheckOrderLimits = (order, limits) =>
  checkBeneficiaryAllowed(order, limits) ?? checkMaxAmount(order, limits) ?? checkDailyTotal(order, limits);

/**
 * Checks that the beneficiary of a payout is allowed. A transfer always passes, because it stays between the owner's accounts and has no
 * beneficiary.
 */
function checkBeneficiaryAllowed(
  { kind, destinationAccountId }: OrderLimitCheckInput,
  { beneficiaries }: OrderLimits,
): OrderLimitViolation | undefined {
  if (kind === 'TRANSFER' || beneficiaries === undefined || beneficiaries.has(destinationAccountId)) return;
  return {
    code: 'beneficiary_not_allowed',
    message: `beneficiary ${destinationAccountId} is not among those that this connector may pay (orders.beneficiaries)`,
  };
}

function checkMaxAmount(
  { amount }: OrderLimitCheckInput,
  { largest }: OrderLimits,
): OrderLimitViolation | undefined {
  if (largest.size === 0) return undefined;
  const limit = largest.get(amount.asset);
  if (limit === undefined)
    return { code: 'limit_largest', message: missingLimitMessage(amount.asset, 'largest') };
  if (amount.amount <= limit) return undefined;
  const maxMoney = { amount: limit, asset: amount.asset };
  return {
    code: 'limit_largest',
    message: `${formatMoney(amount)} is more than the largest order of this connector, ${formatMoney(maxMoney)} (orders.largest)`,
  };
}

function checkDailyTotal(
  { amount, orderedTodayTotal }: OrderLimitCheckInput,
  { perDay }: OrderLimits,
): OrderLimitViolation | undefined {
  if (perDay.size === 0) return undefined;
  const limit = perDay.get(amount.asset);
  if (limit === undefined)
    return { code: 'limit_per_day', message: missingLimitMessage(amount.asset, 'perDay') };
  if (orderedTodayTotal + amount.amount <= limit) return undefined;
  const [orderedToday, maxTotal] = [orderedTodayTotal, limit].map((units) =>
    formatMoney({ amount: units, asset: amount.asset }),
  );
  return {
    code: 'limit_per_day',
    message: `${formatMoney(amount)} on top of today's ${orderedToday} is more than ${maxTotal} a day of this connector (orders.perDay, UTC)`,
  };
}

/**
 * Returns the error message for an asset that has no limit. Such an order is rejected, because a client could otherwise avoid the limit for
 * `EUR/2` by paying in another currency.
 */
function missingLimitMessage(asset: string, setting: string): string {
  return `this connector has a limit for other assets, and none for ${asset}: add it to orders.${setting}`;
}

function formatMoney(money: Money): string {
  return `${formatAmount(money)} ${money.asset.split('/', 1)[0]}`;
}
