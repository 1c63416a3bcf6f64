/** Parses and compares durations as Formance writes them, in the format of Go's package `time`: `20m0s`, `1h30m0s`. */

const UNITS_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
const DURATION_PATTERN = /^(?:\d+(?:\.\d+)?(?:ms|h|m|s))+$/;
const PART_PATTERN = /(\d+(?:\.\d+)?)(ms|h|m|s)/g;

/** Returns the duration in milliseconds, or `undefined` for a string that is not a duration. */
export function parseGoDuration(text: string): number | undefined {
  if (!DURATION_PATTERN.test(text)) return undefined;
  return [...text.matchAll(PART_PATTERN)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (UNITS_MS[unit ?? ''] ?? 0),
    0,
  );
}

/** Returns true if two durations have the same length. Formance stores `2m` as `2m0s`. */
export function isSameDuration(a: string, b: string): boolean {
  return a === b || (parseGoDuration(a) !== undefined && parseGoDuration(a) === parseGoDuration(b));
}
