/** Redacts secrets in strings that become part of an error. */

/** Minimum number of characters of a secret that is redacted. Shorter secrets could match ordinary words. */
const MIN_SECRET_LENGTH = 6;

/** Returns a function that replaces these secrets, plain and URL-encoded, with `[redacted]`. */
export function createRedactor(secrets: Iterable<string>): (text: string) => string {
  const known = [...new Set(secrets)]
    .flatMap((secret) => [secret, encodeURIComponent(secret.toWellFormed())])
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .sort((a, b) => b.length - a.length);
  return (text) => known.reduce((clean, secret) => clean.replaceAll(secret, '[redacted]'), text);
}

/** Returns the secrets in credential headers: each value, and the value without its scheme (`Bearer x` → `Bearer x` and `x`). */
export function extractSecrets(headers: Readonly<Record<string, string>>): string[] {
  return Object.values(headers).flatMap((value) => [value, value.replace(/^\S+ /, '')]);
}
