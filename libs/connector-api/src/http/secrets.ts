/** Takes secrets out of a text that goes into an error. */

/** Shorter ones would take innocent words out, too. */
const SHORTEST = 6;

export function scrubber(secrets: Iterable<string>): (text: string) => string {
  const known = [...new Set(secrets)]
    .flatMap((secret) => [secret, encodeURIComponent(secret.toWellFormed())])
    .filter((secret) => secret.length >= SHORTEST)
    .sort((a, b) => b.length - a.length);
  return (text) => known.reduce((clean, secret) => clean.replaceAll(secret, '[redacted]'), text);
}

/** Of an `Authorization` header both the whole and the part after the scheme. */
export function secretsOf(headers: Readonly<Record<string, string>>): string[] {
  return Object.values(headers).flatMap((value) => [value, value.replace(/^\S+ /, '')]);
}
