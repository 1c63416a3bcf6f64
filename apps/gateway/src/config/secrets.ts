/** Collects the secret values of a deployment, and redacts them in messages. */
import { formatPath, type Path } from './path.js';
import { isSecretPlace } from './shown-value.js';
import type { ReadValue } from './yaml-reader.js';

/** Shorter strings are not redacted. They occur in ordinary words, so redaction would make logs unreadable and protect nothing. */
const SHORTEST = 6;
/** Properties that are never secret, even if a reference sets them, because URLs and log lines contain their values. */
const PUBLIC_KEYS: readonly unknown[] = ['name', 'plugin', 'every'];

/** @returns values from the environment and from files, strings whose property name means a secret, and passwords in URLs; longest first. */
export function collectSecrets({ value, places }: ReadValue): string[] {
  const found = new Set<string>();
  visit(value, [], (text, path) => {
    const place = places.get(formatPath(path));
    const secrets = isPublic(path) ? [] : (place?.secrets ?? []);
    const own = isSecretPlace(path) ? [text] : passwordIn(text);
    for (const secret of [...own, ...secrets]) {
      if (secret.length >= SHORTEST) found.add(secret);
    }
  });
  return [...found].sort((a, b) => b.length - a.length);
}

/** Returns the password of a URL, both percent-encoded and decoded. */
function passwordIn(text: string): string[] {
  const password = /^[a-z+]+:\/\/[^/?#@:]*:([^/?#@]+)@/.exec(text)?.[1];
  if (password === undefined) return [];
  try {
    return [...new Set([password, decodeURIComponent(password)])];
  } catch {
    return [password];
  }
}

/** @returns the string with every secret replaced by `(hidden)`. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((result, secret) => result.replaceAll(secret, '(hidden)'), text);
}

function isPublic(path: Path): boolean {
  return path[0] === 'listen' || (PUBLIC_KEYS.includes(path.at(-1)) && !path.includes('settings'));
}

function visit(value: unknown, path: Path, see: (text: string, path: Path) => void): void {
  if (typeof value === 'string') see(value, path);
  else if (Array.isArray(value)) value.forEach((item, index) => visit(item, [...path, index], see));
  else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) visit(item, [...path, key], see);
  }
}
