/**
 * Parses a Retry-After header: seconds or an HTTP date (RFC 9110, section 10.2.3).
 * @param now the current time in milliseconds since 1970
 * @returns the delay in milliseconds; `undefined` for an absent or invalid header
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}(?:\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000);
  // The pattern is checked first, because `Date.parse` also accepts strings that are not HTTP dates, even "-5".
  const date = /^[A-Z][a-z]+,? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
