/** Prints one measured value with its limit, in the same format in all benchmarks. */

/**
 * Prints a line that begins with `ok` or `FAIL`.
 * @param what what was measured
 * @param found the measured value with its unit
 * @param limit the limit in words, e.g. `at least 0.95`
 * @returns `isMet`
 */
export function reportLimit(what: string, found: string, isMet: boolean, limit: string): boolean {
  console.log(`${isMet ? 'ok  ' : 'FAIL'} ${what}: ${found}, ${limit}`);
  return isMet;
}
