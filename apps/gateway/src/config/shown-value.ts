/** Describes values in error messages. Values that are secret, or that look like a secret, are not shown. */
const SECRET_KEY =
  /key|token|secret|passw|passphrase|credential|private|certificate|pem$|authorization|signature/i;
const URL_WITH_PASSWORD = /:\/\/[^/\s]*@/;
/** Matches long strings with a digit and without spaces or slashes. It can match a file name, but no token must ever be shown. */
const LIKE_A_TOKEN = /^(?=.*\d)[^\s/]{16,}$/s;
const LONGEST = 60;

/**
 * Describes a value for an error message.
 * @param path path of the value. Values under `apiKeys`, `clientSecret` and similar names are not shown.
 */
export function showValue(value: unknown, path: readonly (string | number)[]): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value === '') return 'an empty text';
  const hidden = isSecretPlace(path);
  if (typeof value === 'string') return hidden ? 'a text that is not shown here' : showText(value);
  if (typeof value !== 'number' && typeof value !== 'boolean') return 'a mapping';
  return hidden ? `a ${typeof value} that is not shown here` : `the ${typeof value} ${value}`;
}

/** Returns true if a name in the path, e.g. `apiKeys` or `clientSecret`, means a secret. */
export function isSecretPlace(path: readonly (string | number)[]): boolean {
  // A tenant name is chosen freely, so it does not tell whether the values below it are secret.
  const steps = path[0] === 'tenants' ? path.slice(2) : path;
  // The scopes of a key are not secret, although they are inside `apiKeys`.
  if (steps.slice(-2).includes('scopes')) return false;
  return steps.some((step) => typeof step === 'string' && SECRET_KEY.test(step));
}

export function looksLikeToken(text: string): boolean {
  return URL_WITH_PASSWORD.test(text) || LIKE_A_TOKEN.test(text);
}

/** Returns the string in quotes. A long string is truncated, and a string that looks like a credential is not shown. */
export function showText(text: string): string {
  if (looksLikeToken(text)) return 'a text that is not shown here';
  return JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
}
