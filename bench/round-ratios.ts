/** Compares the measured values of two variants, round by round. */

/**
 * Returns the ratio of each round. The benchmarks use the median of these ratios, because other programs on the machine disturb single
 * rounds.
 */
export function findRatios(some: readonly number[], others: readonly number[]): number[] {
  return some.map((each, round) => each / (others[round] ?? NaN));
}

/**
 * Returns a quantile.
 * @param share the share of the values that are lower than the result, e.g. 0.5 for the median
 */
export function pickQuantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? NaN;
}

/** Adds up every `count` consecutive values. An incomplete group at the end is ignored. */
export function sumGroups(values: readonly number[], count: number): number[] {
  return Array.from({ length: Math.floor(values.length / count) }, (_, group) =>
    values.slice(group * count, (group + 1) * count).reduce((sum, each) => sum + each, 0),
  );
}
