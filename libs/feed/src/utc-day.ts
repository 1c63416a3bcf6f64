const DAY_MS = 86_400_000;

/** Returns the number of whole UTC days since 1970 at a time in milliseconds. */
export function toUtcDay(ms: number): number {
  return Math.floor(ms / DAY_MS);
}
