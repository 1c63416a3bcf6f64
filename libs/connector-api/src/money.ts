/**
 * Money is a whole number of an asset's smallest unit. It becomes a number of any other kind nowhere.
 */
import { currencyDigits } from './currencies.js';
import { RefusedError } from './errors.js';

export interface Money {
  /** Minor units: 1250n of `EUR/2` is € 12.50. */
  amount: bigint;
  /** `EUR/2`, `JPY`, `BTC/8`: the same string as in the Ledger. */
  asset: string;
}

/** What clients accept as an asset. Source: the Generic Connector client's own check. */
export const ASSET = /^[A-Z][A-Z0-9]{0,16}(?:\/\d{1,6})?$/;

/** Longer numbers are no money, and cost quadratic time to convert. */
const LONGEST_NUMBER = 64;
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?$/;

/** `EUR` → `EUR/2`, `JPY` → `JPY`. @throws RefusedError for a currency that ISO 4217 does not know. */
export function assetOf(currency: string): string {
  const digits = currencyDigits(currency);
  if (digits === undefined) {
    throw new RefusedError(
      `currency ${JSON.stringify(currency.slice(0, 32))} is not in ISO 4217, so its precision is unknown`,
    );
  }
  return assetWithDigits(currency, digits);
}

/** `('BTC', 8)` → `BTC/8`; no digits at all is written without a slash. */
export function assetWithDigits(code: string, digits: number): string {
  return digits === 0 ? code : `${code}/${digits}`;
}

/** How our lists write the asset: `EUR/3` → `EUR/2`, `EUR` → `EUR/2`, `BTC/08` → `BTC/8`. What ISO 4217 does not know keeps its digits. */
export function canonicalAsset(asset: string): string {
  const [code = ''] = asset.split('/', 1);
  return assetWithDigits(code, currencyDigits(code) ?? assetDigits(asset));
}

/** `EUR/2` → 2, `JPY` → 0. */
export function assetDigits(asset: string): number {
  const slash = asset.indexOf('/');
  return slash === -1 ? 0 : Number(asset.slice(slash + 1));
}

/**
 * The one way from a decimal string to money: `('12.5', 'EUR/2')` → 1250n. Zeros beyond the asset's precision are dropped.
 * @throws RefusedError when it is not a plain decimal number, or when a digit would be lost.
 */
export function parseAmount(decimal: string, asset: string): bigint {
  const [, sign, whole = '', fraction = ''] =
    (decimal.length <= LONGEST_NUMBER && DECIMAL.exec(decimal)) || [];
  if (sign === undefined || whole + fraction === '') {
    throw new RefusedError(
      `amount ${JSON.stringify(decimal.slice(0, LONGEST_NUMBER))} is not a decimal number like "-12.50"`,
    );
  }
  const digits = assetDigits(asset);
  if (/[^0]/.test(fraction.slice(digits))) {
    throw new RefusedError(`amount ${decimal} has more than the ${digits} decimal places of ${asset}`);
  }
  const units = BigInt(whole + fraction.slice(0, digits).padEnd(digits, '0'));
  return sign === '-' ? -units : units;
}

/** `('12.5', 'EUR')` → 1250 of `EUR/2`. @throws RefusedError like `assetOf` and `parseAmount`. */
export function money(decimal: string, currency: string): Money {
  const asset = assetOf(currency);
  return { amount: parseAmount(decimal, asset), asset };
}

/** `(1250n, 'EUR/2')` → `12.50`: for people and for PSPs that take decimals. */
export function formatAmount({ amount, asset }: Money): string {
  const digits = assetDigits(asset);
  const units = (amount < 0n ? -amount : amount).toString().padStart(digits + 1, '0');
  const sign = amount < 0n ? '-' : '';
  return digits === 0 ? sign + units : `${sign}${units.slice(0, -digits)}.${units.slice(-digits)}`;
}
