/** Converts amounts that a PSP sends as whole minor units, and calculates with money. No function loses a digit. */
import { getCurrencyDecimals } from '../currencies.js';
import { InvalidRecordError } from '../errors.js';
import { currencyToAsset, parseAmount } from '../money.js';
import type { Money } from '../money.js';

const WHOLE_NUMBER_PATTERN = /^[+-]?\d+(?:\.0*)?$/;

/**
 * Converts whole minor units and an ISO 4217 currency to money: `('1250', 'EUR')` → `{ amount: 1250n, asset: 'EUR/2' }`.
 * @param units a whole number, as `Json.decimal` returns it
 * @param pspDecimals the number of decimal places that the PSP uses for this currency, if it differs from ISO 4217. For
 * `('125000', 'ISK', 2)`, the result is 1250n ISK
 * @throws InvalidRecordError for an unknown currency, a fraction, or a digit that the asset cannot represent
 */
export function parseMinorUnits(units: string, currency: string, pspDecimals?: number): Money {
  const asset = currencyToAsset(currency);
  if (!WHOLE_NUMBER_PATTERN.test(units)) {
    throw new InvalidRecordError(
      `amount ${JSON.stringify(units.slice(0, 64))} is not a whole number of minor units`,
    );
  }
  const decimals = getCurrencyDecimals(currency) ?? 0;
  // For an asset without decimal places, the number of units is the amount.
  const amount = parseAmount(units, currency);
  return { amount: shiftDecimals(amount, pspDecimals ?? decimals, decimals, asset), asset };
}

/**
 * Returns an amount of money as whole minor units with the number of decimal places that the PSP uses, e.g. for an order.
 * @throws InvalidRecordError if a digit would be lost
 */
export function formatMinorUnits({ amount, asset }: Money, pspDecimals?: number): string {
  const [code = '', digits = '0'] = asset.split('/');
  const decimals = getCurrencyDecimals(code) ?? Number(digits);
  return shiftDecimals(amount, decimals, pspDecimals ?? decimals, asset).toString();
}

function shiftDecimals(amount: bigint, from: number, to: number, asset: string): bigint {
  if (to >= from) return amount * 10n ** BigInt(to - from);
  const divisor = 10n ** BigInt(from - to);
  if (amount % divisor !== 0n) {
    throw new InvalidRecordError(
      `amount ${amount} with ${from} decimal places cannot be given in ${asset} with ${to} without losing a digit`,
    );
  }
  return amount / divisor;
}

/** Returns money with the opposite sign. */
export function negateMoney({ amount, asset }: Money): Money {
  return { amount: -amount, asset };
}

/** Returns money without its sign. */
export function toAbsoluteMoney({ amount, asset }: Money): Money {
  return { amount: amount < 0n ? -amount : amount, asset };
}

/**
 * Returns an amount that the PSP documents as never negative, e.g. that of a payment. A row gets its type from the sign, so a negative
 * payment would become a payout.
 * @param property the name of the property with the amount, for the error message
 * @throws InvalidRecordError if the amount is negative
 */
export function requireNonNegativeMoney(money: Money, property: string): Money {
  if (money.amount >= 0n) return money;
  throw new InvalidRecordError(`${property}: amount ${money.amount} is negative, which is not possible here`);
}

/**
 * Returns an amount whose currency the PSP names a second time outside of the amount, e.g. in the balance that contains it. If the two
 * contradict each other, it is unknown which of them is right.
 * @param currency the currency outside of the amount; absent if the PSP did not send it
 * @param property the name of the property with the amount, for the error message
 * @throws InvalidRecordError if the amount has another currency
 */
export function requireCurrency(money: Money, currency: string | undefined, property: string): Money {
  const [found] = money.asset.split('/', 1);
  if (currency === undefined || currency === found) return money;
  throw new InvalidRecordError(`${property}: the amount is in ${found}, and what contains it in ${currency}`);
}

/**
 * Returns money with its sign, for a PSP that sends an amount without a sign and the direction in a separate property.
 * @param property the name of the property with the direction, for the error message
 * @throws InvalidRecordError if the amount is negative, because the direction is then unclear
 */
export function applyDirection(money: Money, isIncoming: boolean, property: string): Money {
  if (money.amount < 0n)
    throw new InvalidRecordError(`amount ${money.amount} is negative, and ${property} tells the direction`);
  return isIncoming ? money : negateMoney(money);
}

/**
 * Adds amounts of one asset: `addMoney(gross, negateMoney(fee))`.
 * @throws InvalidRecordError for amounts of different assets
 */
export function addMoney(first: Money, ...others: readonly Money[]): Money {
  return others.reduce((sum, { amount, asset }) => {
    if (asset !== sum.asset) {
      throw new InvalidRecordError(`amounts of ${sum.asset} and of ${asset} cannot be added`);
    }
    return { amount: sum.amount + amount, asset };
  }, first);
}

/** Adds up amounts of any assets: one amount for each asset, in the order in which the assets appear. */
export function sumByAsset(amounts: readonly Money[]): Money[] {
  const sums = new Map<string, bigint>();
  for (const { amount, asset } of amounts) sums.set(asset, (sums.get(asset) ?? 0n) + amount);
  return [...sums].map(([asset, amount]) => ({ asset, amount }));
}
