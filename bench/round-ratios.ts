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

/**
 * Returns the typical cost of one round of work that repeats every `phaseCount` rounds: the mean over the phases of the median of the rounds
 * of each phase. If other programs disturb a few rounds, the result stays the same, because it uses medians.
 */
export function findTypicalRound(values: readonly number[], phaseCount: number): number {
  const medians = Array.from({ length: phaseCount }, (_, phase) =>
    pickQuantile(
      values.filter((_each, round) => round % phaseCount === phase),
      0.5,
    ),
  );
  return medians.reduce((sum, each) => sum + each, 0) / phaseCount;
}

/**
 * Returns the variants in their order within a round. A variant finds the caches and the garbage that the variant before it has left. So
 * over twice as many rounds as there are variants, each variant has each place equally often and follows each other variant equally often.
 */
export function orderFairly<Variant>(variants: readonly Variant[], round: number): Variant[] {
  const { length } = variants;
  // The places alternate between both ends: 0, 1, last, 2, last but one. So no two neighbours have the same distance (Williams design).
  const places = Array.from({ length }, (_, index) =>
    index % 2 === 1 ? (index + 1) / 2 : (length - index / 2) % length,
  );
  const rotated = places.flatMap((place) => variants[(place + round) % length] ?? []);
  return Math.floor(round / length) % 2 === 0 ? rotated : rotated.toReversed();
}
