/** Collects the secret values of a deployment, and redacts them in messages. */
import { formatPath, type ConfigPath } from './config-path.js';
import { isSecretPath } from './describe-value.js';
import type { YamlReadResult } from './yaml-reader.js';

/** Shorter strings are not redacted. They occur in ordinary words, so redaction would make logs unreadable and protect nothing. */
const MIN_SECRET_LENGTH = 6;
/** Properties that are never secret, even if a reference sets them, because URLs and log lines contain their values. */
const PUBLIC_PROPERTIES: readonly unknown[] = ['name', 'plugin', 'every'];

/** @returns values from the environment and from files, strings whose property name means a secret, and passwords in URLs; longest first. */
export function collectSecrets({ value, locations }: YamlReadResult): string[] {
  const found = new Set<string>();
  visitStrings(value, [], (text, path) => {
    const place = locations.get(formatPath(path));
    const secrets = isPublicPath(path) ? [] : (place?.secrets ?? []);
    const own = isSecretPath(path) ? [text] : extractUrlPasswords(text);
    for (const secret of [...own, ...secrets]) {
      if (secret.length >= MIN_SECRET_LENGTH) found.add(secret);
    }
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

/** @returns the string with every secret replaced by `(hidden)`. */
export function redactSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((result, secret) => result.replaceAll(secret, '(hidden)'), text);
}

function isPublicPath(path: ConfigPath): boolean {
  return path[0] === 'listen' || (PUBLIC_PROPERTIES.includes(path.at(-1)) && !path.includes('settings'));
}

function visitStrings(
  value: unknown,
  path: ConfigPath,
  onString: (text: string, path: ConfigPath) => void,
): void {
  if (typeof value === 'string') onString(value, path);
  else if (Array.isArray(value))
    value.forEach((item, index) => visitStrings(item, [...path, index], onString));
  else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) visitStrings(item, [...path, key], onString);
  }
}
