/**
 * Seconds or an HTTP date (RFC 9110, 10.2.3) → milliseconds from now.
 * @returns `undefined` for a header that is absent or neither of them.
 */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}(?:\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000);
  // `Date.parse` reads far more than HTTP dates, even "-5".
  const date = /^[A-Z][a-z]+,? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
