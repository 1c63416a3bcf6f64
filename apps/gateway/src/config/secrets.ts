/** Which values of a deployment must never be shown. */
import { formatPath, type Path } from './path.js';
import { isSecretPlace } from './shown-value.js';
import type { ReadValue } from './yaml-reader.js';

/** Shorter texts occur everywhere: to hide them would make logs unreadable, and protect nothing. */
const SHORTEST = 6;
/** What is public wherever it came from: it is part of every URL and every log line. */
const PUBLIC_KEYS: readonly unknown[] = ['name', 'plugin', 'every'];

/** What came from the environment or a file, every text that is a secret by its key, and passwords in URLs; longest first. */
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

/** As it is written, and as it is meant. */
function passwordIn(text: string): string[] {
  const password = /^[a-z+]+:\/\/[^/?#@:]*:([^/?#@]+)@/.exec(text)?.[1];
  if (password === undefined) return [];
  try {
    return [...new Set([password, decodeURIComponent(password)])];
  } catch {
    return [password];
  }
}

/** @returns the text with every secret in it replaced. */
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
