/** Redacts secrets in strings that become part of an error. */

/** Shorter secrets are not redacted, because they could match ordinary words. */
const SHORTEST = 6;

/** Returns a function that replaces these secrets, plain and URL-encoded, with `[redacted]`. */
export function scrubber(secrets: Iterable<string>): (text: string) => string {
  const known = [...new Set(secrets)]
    .flatMap((secret) => [secret, encodeURIComponent(secret.toWellFormed())])
    .filter((secret) => secret.length >= SHORTEST)
    .sort((a, b) => b.length - a.length);
  return (text) => known.reduce((clean, secret) => clean.replaceAll(secret, '[redacted]'), text);
}

/** Returns the secrets in credential headers: each value, and the value without its scheme (`Bearer x` → `Bearer x` and `x`). */
export function secretsOf(headers: Readonly<Record<string, string>>): string[] {
  return Object.values(headers).flatMap((value) => [value, value.replace(/^\S+ /, '')]);
}
