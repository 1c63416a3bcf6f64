/**
 * Parses and formats amounts of money, and builds the names of assets. An amount is always a `bigint` in the smallest unit of its asset. It
 * is never converted to a floating-point number.
 */
import { getCurrencyDecimals } from './currencies.js';
import { InvalidRecordError } from './errors.js';

/** An amount of one asset. */
export interface Money {
  /** The amount in minor units: 1250n of `EUR/2` is € 12.50. */
  amount: bigint;
  /** The code and the number of decimal places, as in the Formance Ledger: `EUR/2`, `JPY`, `BTC/8`. */
  asset: string;
}

/** Matches the assets that clients accept. Source: the validation in the Generic Connector client. */
export const ASSET_PATTERN = /^[A-Z][A-Z0-9]{0,16}(?:\/\d{1,6})?$/;

/**
 * The maximum number of characters of a decimal string. A longer string is rejected, because it is not a realistic amount, and its
 * conversion to `bigint` takes quadratic time.
 */
const MAX_DECIMAL_LENGTH = 64;
/** Every integer with this number of digits is represented exactly by a number. */
const MAX_SAFE_DIGITS = 15;
const ZERO_CODE = '0'.charCodeAt(0);
const DECIMAL_PATTERN = /^([+-]?)(\d*)(?:\.(\d*))?$/;

/**
 * Returns the asset of a currency: `EUR` → `EUR/2`, `JPY` → `JPY`.
 * @throws InvalidRecordError for a currency that is not in ISO 4217
 */
export function currencyToAsset(currency: string): string {
  const known = assetsByCurrency.get(currency);
  if (known !== undefined) return known;
  const decimals = getCurrencyDecimals(currency);
  if (decimals === undefined) {
    throw new InvalidRecordError(
      `currency ${JSON.stringify(currency.slice(0, 32))} is not in ISO 4217, so its precision is unknown`,
    );
  }
  const asset = formatAsset(currency, decimals);
  assetsByCurrency.set(currency, asset);
  return asset;
}

/** The assets of the currencies that were used so far, so that they are not built again for each amount. Only ISO 4217 codes are kept. */
const assetsByCurrency = new Map<string, string>();

/** Builds an asset from a code and a number of decimal places: `('BTC', 8)` → `BTC/8`, `('JPY', 0)` → `JPY`. */
export function formatAsset(code: string, decimals: number): string {
  return decimals === 0 ? code : `${code}/${decimals}`;
}

/**
 * Returns an asset in the form that the feeds use: `EUR/3` → `EUR/2`, `EUR` → `EUR/2`, `BTC/08` → `BTC/8`. A currency of ISO 4217 gets the
 * decimal places of ISO 4217. Any other code keeps its own decimal places.
 */
export function normalizeAsset(asset: string): string {
  const [code = ''] = asset.split('/', 1);
  return formatAsset(code, getCurrencyDecimals(code) ?? getAssetDecimals(asset));
}

/** Returns the number of decimal places of an asset: `EUR/2` → 2, `JPY` → 0. */
export function getAssetDecimals(asset: string): number {
  const slash = asset.indexOf('/');
  return slash === -1 ? 0 : Number(asset.slice(slash + 1));
}

/**
 * Converts a decimal string to minor units: `('12.5', 'EUR/2')` → 1250n. Zeros beyond the decimal places of the asset are ignored:
 * `('12.500', 'EUR/2')` → 1250n.
 * @throws InvalidRecordError if `decimal` is not a plain decimal number, or if a digit other than zero would be lost
 */
export function parseAmount(decimal: string, asset: string): bigint {
  const decimals = getAssetDecimals(asset);
  const units = parseShortAmount(decimal, decimals);
  return units === undefined ? parseAnyAmount(decimal, decimals, asset) : BigInt(units);
}

/**
 * Converts a decimal string without a sign, with at most as many decimals as the asset. Almost all amounts are of this kind, and the
 * conversion takes a fraction of the time of `parseAnyAmount`.
 * @returns `undefined` for any other string, and for an amount that a number may not represent exactly
 */
function parseShortAmount(decimal: string, decimals: number): number | undefined {
  const { length } = decimal;
  const point = decimal.indexOf('.');
  const fractionLength = point === -1 ? 0 : length - point - 1;
  if (length === 0 || point === 0 || fractionLength > decimals) return undefined;
  if (length + decimals > MAX_SAFE_DIGITS) return undefined;
  let units = 0;
  for (let at = 0; at < length; at++) {
    if (at === point) continue;
    const digit = decimal.charCodeAt(at) - ZERO_CODE;
    if (digit < 0 || digit > 9) return undefined;
    units = units * 10 + digit;
  }
  for (let n = fractionLength; n < decimals; n++) units *= 10;
  return units;
}

function parseAnyAmount(decimal: string, decimals: number, asset: string): bigint {
  const [, sign, whole = '', fraction = ''] =
    (decimal.length <= MAX_DECIMAL_LENGTH && DECIMAL_PATTERN.exec(decimal)) || [];
  if (sign === undefined || whole + fraction === '') {
    throw new InvalidRecordError(
      `amount ${JSON.stringify(decimal.slice(0, MAX_DECIMAL_LENGTH))} is not a decimal number like "-12.50"`,
    );
  }
  if (/[^0]/.test(fraction.slice(decimals))) {
    throw new InvalidRecordError(
      `amount ${decimal} has more than the ${decimals} decimal places of ${asset}`,
    );
  }
  const units = BigInt(whole + fraction.slice(0, decimals).padEnd(decimals, '0'));
  return sign === '-' ? -units : units;
}

/**
 * Converts a decimal string and an ISO 4217 currency to money: `('12.5', 'EUR')` → `{ amount: 1250n, asset: 'EUR/2' }`.
 * @throws InvalidRecordError for an unknown currency or an invalid amount, see `currencyToAsset` and `parseAmount`
 */
export function parseMoney(decimal: string, currency: string): Money {
  const asset = currencyToAsset(currency);
  return { amount: parseAmount(decimal, asset), asset };
}

/**
 * Formats money as a decimal string: 1250n of `EUR/2` → `12.50`. It is used in messages for people, and for PSPs that expect decimal
 * amounts.
 */
export function formatAmount({ amount, asset }: Money): string {
  const decimals = getAssetDecimals(asset);
  const units = (amount < 0n ? -amount : amount).toString().padStart(decimals + 1, '0');
  const sign = amount < 0n ? '-' : '';
  return decimals === 0 ? sign + units : `${sign}${units.slice(0, -decimals)}.${units.slice(-decimals)}`;
}
