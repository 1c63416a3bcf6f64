/** Formats amounts of money for people. An amount is never converted to a floating-point number, because it could lose digits. */

export interface FormattedAmount {
  /** The digits with the separators of the user's language, e.g. `1,250.00`. */
  number: string;
  /** The asset without the number of decimal places, e.g. `EUR`. */
  currency: string;
}

const ASSET = /^([A-Z][A-Z0-9_]*)(?:\/(\d{1,2}))?$/;
const MINOR_UNITS = /^-?\d+$/;

/**
 * Formats an amount.
 * @param minorUnits whole minor units in decimal digits, e.g. `125000`
 * @param asset the currency and its number of decimal places, e.g. `EUR/2`; `JPY` has none
 * @param locale language of the separators; by default the language of the user
 * @returns the unchanged texts if the amount or the asset is malformed, so that a person sees what the gateway sent
 */
export function formatAmount(minorUnits: string, asset: string, locale?: string): FormattedAmount {
  if (!ASSET.test(asset) || !MINOR_UNITS.test(minorUnits)) return { number: minorUnits, currency: asset };
  const { currency, precision } = splitAsset(asset);
  return { number: formatDecimal(toDecimal(minorUnits, precision), precision, locale), currency };
}

/** Splits an asset into its currency and its number of decimal places. A malformed asset is returned as the currency. */
export function splitAsset(asset: string): { currency: string; precision: number } {
  const [, currency = asset, precision = '0'] = ASSET.exec(asset) ?? [];
  return { currency, precision: Number(precision) };
}

/** Moves the decimal point by `precision` digits. With the precision 2, `-5` becomes `-0.05`. */
export function toDecimal(minorUnits: string, precision: number): string {
  const isNegative = minorUnits.startsWith('-');
  const digits = (isNegative ? minorUnits.slice(1) : minorUnits).padStart(precision + 1, '0');
  const whole = digits.slice(0, digits.length - precision);
  const fraction = precision === 0 ? '' : `.${digits.slice(-precision)}`;
  return `${isNegative ? '-' : ''}${whole}${fraction}`;
}

function formatDecimal(decimal: string, precision: number, locale: string | undefined): string {
  const format = new Intl.NumberFormat(locale, {
    minimumFractionDigits: precision,
    maximumFractionDigits: precision,
  });
  // Intl formats a string of digits exactly. A number would be rounded.
  return format.format(decimal as Intl.StringNumericLiteral);
}
