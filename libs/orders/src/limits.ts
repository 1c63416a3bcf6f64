/** Checks an order against the payment limits of its connector. Pure: the caller supplies the total of the day. */
import { formatAmount, type Money } from '@tributary/connector-api';
import type { CheckLimits, LimitedOrder, LimitRefusal, OrderLimits } from './limits.types.js';

/** Returns the first limit that the order violates, or `undefined`. */
export const checkLimits: CheckLimits = (order, limits) =>
  checkBeneficiary(order, limits) ?? checkLargest(order, limits) ?? checkDay(order, limits);

/** Checks the list of allowed beneficiaries. Transfers pass: they stay between the owner's accounts and have no beneficiary. */
function checkBeneficiary(
  { kind, destinationAccountId }: LimitedOrder,
  { beneficiaries }: OrderLimits,
): LimitRefusal | undefined {
  if (kind === 'TRANSFER' || beneficiaries === undefined || beneficiaries.has(destinationAccountId)) return;
  return {
    code: 'beneficiary_not_allowed',
    message: `beneficiary ${destinationAccountId} is not among those that this connector may pay (orders.beneficiaries)`,
  };
}

function checkLargest({ amount }: LimitedOrder, { largest }: OrderLimits): LimitRefusal | undefined {
  if (largest.size === 0) return undefined;
  const limit = largest.get(amount.asset);
  if (limit === undefined) return { code: 'limit_largest', message: unlisted(amount.asset, 'largest') };
  if (amount.amount <= limit) return undefined;
  const most = { amount: limit, asset: amount.asset };
  return {
    code: 'limit_largest',
    message: `${show(amount)} is more than the largest order of this connector, ${show(most)} (orders.largest)`,
  };
}

function checkDay({ amount, takenToday }: LimitedOrder, { perDay }: OrderLimits): LimitRefusal | undefined {
  if (perDay.size === 0) return undefined;
  const limit = perDay.get(amount.asset);
  if (limit === undefined) return { code: 'limit_per_day', message: unlisted(amount.asset, 'perDay') };
  if (takenToday + amount.amount <= limit) return undefined;
  const [taken, most] = [takenToday, limit].map((units) => show({ amount: units, asset: amount.asset }));
  return {
    code: 'limit_per_day',
    message: `${show(amount)} on top of today's ${taken} is more than ${most} a day of this connector (orders.perDay, UTC)`,
  };
}

/** Returns the message for an asset without a limit. The client chooses the asset, so it could bypass a limit for `EUR/2` with another currency. */
function unlisted(asset: string, setting: string): string {
  return `this connector has a limit for other assets, and none for ${asset}: add it to orders.${setting}`;
}

function show(money: Money): string {
  return `${formatAmount(money)} ${money.asset.split('/', 1)[0]}`;
}
