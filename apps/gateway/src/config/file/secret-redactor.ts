/** Collects the secret values of a deployment, and removes them from messages. */
import { formatPath, listHiddenNames, type ConfigPath } from './value-path.js';
import { isSecretPath } from './describe-value.js';
import type { YamlReadResult } from './yaml-reader.js';

/**
 * The minimum length of a string that is removed, in characters. Shorter strings occur in ordinary words, so removing them would make logs
 * unreadable and protect nothing.
 */
const MIN_SECRET_LENGTH = 6;
/** The properties that are never secret, even if a reference sets them. URLs and log lines contain their values. */
const PUBLIC_PROPERTIES: readonly unknown[] = ['name', 'plugin', 'every'];

/**
 * Returns all strings that must be removed, longest first. These are values from the environment and from files, strings whose property
 * name indicates a secret, passwords in URLs, and property names that can contain a secret.
 */
export function collectSecrets({ value, locations }: YamlReadResult): string[] {
  const found = new Set<string>();
  const add = (secret: string) => {
    if (secret.length >= MIN_SECRET_LENGTH) found.add(secret);
  };
  visitNames(value, [], (path) => listHiddenNames(path).forEach(add));
  visitStrings(value, [], (text, path) => {
    const place = locations.get(formatPath(path));
    const secrets = isPublicPath(path) ? [] : (place?.secrets ?? []);
    const own = isSecretPath(path) ? [text] : extractUrlPasswords(text);
    [...own, ...secrets].forEach(add);
  });
  return [...found].sort((a, b) => b.length - a.length);
}

/** Returns the password of a URL, both percent-encoded and decoded. */
function extractUrlPasswords(text: string): string[] {
  const password = /^[a-z+]+:\/\/[^/?#@:]*:([^/?#@]+)@/.exec(text)?.[1];
  if (password === undefined) return [];
  try {
    return [...new Set([password, decodeURIComponent(password)])];
  } catch {
    return [password];
  }
}

/** Returns the string with every secret replaced by `(hidden)`. */
export function redactSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((result, secret) => result.replaceAll(secret, '(hidden)'), text);
}

function isPublicPath(path: ConfigPath): boolean {
  return path[0] === 'listen' || (PUBLIC_PROPERTIES.includes(path.at(-1)) && !path.includes('settings'));
}

/** Calls `onString` for each string value. */
function visitStrings(
  value: unknown,
  path: ConfigPath,
  onString: (text: string, path: ConfigPath) => void,
): void {
  if (typeof value === 'string') onString(value, path);
  else for (const [step, item] of listChildren(value)) visitStrings(item, [...path, step], onString);
}

/** Calls `onName` with the path of each property. */
function visitNames(value: unknown, path: ConfigPath, onName: (path: ConfigPath) => void): void {
  for (const [step, item] of listChildren(value)) {
    const childPath = [...path, step];
    if (typeof step === 'string') onName(childPath);
    visitNames(item, childPath, onName);
  }
}

function listChildren(value: unknown): [string | number, unknown][] {
  if (Array.isArray(value)) return [...value.entries()];
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}
