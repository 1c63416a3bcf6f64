/** Redacts secrets in strings that are included in an error. */

/**
 * The minimum number of characters of a secret that is redacted. A shorter secret is not redacted, because it could match ordinary words.
 */
const MIN_SECRET_LENGTH = 6;

/** Returns a function that replaces the given secrets by `[redacted]`. It finds a secret in plain and in URL-encoded form. */
export function createRedactor(secrets: Iterable<string>): (text: string) => string {
  const known = [...new Set(secrets)]
    .flatMap((secret) => [secret, encodeURIComponent(secret.toWellFormed())])
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .sort((a, b) => b.length - a.length);
  return (text) => known.reduce((clean, secret) => clean.replaceAll(secret, '[redacted]'), text);
}

/**
 * Returns the secrets in headers with credentials. For `Bearer x`, these are the whole value `Bearer x` and the value without its scheme,
 * `x`.
 */
export function extractSecrets(headers: Readonly<Record<string, string>>): string[] {
  return Object.values(headers).flatMap((value) => [value, value.replace(/^\S+ /, '')]);
}
