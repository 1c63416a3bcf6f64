/** Rounds the parts of a total whose amounts have fractions of a minor unit, e.g. the fees in a settlement. */
import { parseAmount } from '../money.js';

/** The maximum number of decimal places of an amount in minor units that are read. */
const FRACTION_DIGITS = 6;
const UNIT = 10n ** BigInt(FRACTION_DIGITS);

export interface RoundedParts {
  /** The rounded amounts in minor units. Each differs by less than two units from the exact amount. */
  amounts: bigint[];
  /** The sum of the parts minus the total, in minor units, if rounding does not explain the difference. Otherwise 0. */
  difference: bigint;
}

/**
 * Parses an amount in minor units with a fraction: `45.5` → 45 500 000 millionths of a minor unit.
 * @throws InvalidRecordError for a string that is not a decimal number, and for more than six decimal places
 */
export function parseFractionalUnits(units: string): bigint {
  return parseAmount(units, `X/${FRACTION_DIGITS}`);
}

/**
 * Rounds the parts of a total so that the rounded parts add up to the total: `['-0.5', '-0.5', '-0.4']` and -1 → `[-1, 0, 0]`. Only parts
 * with a fraction are rounded. The result depends on the order of the parts.
 * @param parts the exact amounts, as `parseFractionalUnits` returns them
 * @param total the total in minor units
 */
export function roundParts(parts: readonly bigint[], total: bigint): RoundedParts {
  const isWhole = (part: bigint) => part % UNIT === 0n;
  const sum = addUp(parts);
  const isRounding = absolute(sum - total * UNIT) < UNIT;
  const last = parts.findLastIndex((part) => !isWhole(part));
  const rest = total - addUp(parts.filter(isWhole)) / UNIT;
  let [exact, rounded] = [0n, 0n];
  const amounts = parts.map((part, index) => {
    if (isWhole(part)) return part / UNIT;
    exact += part;
    const before = rounded;
    rounded = isRounding && index === last ? rest : roundUnits(exact);
    return rounded - before;
  });
  const isExplained = isRounding && (last !== -1 || sum === total * UNIT);
  return { amounts, difference: isExplained ? 0n : roundUnits(sum) - total };
}

function addUp(parts: readonly bigint[]): bigint {
  return parts.reduce((all, part) => all + part, 0n);
}

/** Rounds to whole minor units. Half a unit is rounded away from zero. */
function roundUnits(exact: bigint): bigint {
  const units = (absolute(exact) + UNIT / 2n) / UNIT;
  return exact < 0n ? -units : units;
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}
