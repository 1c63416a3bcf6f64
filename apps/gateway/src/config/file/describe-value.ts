/** Describes values in error messages. Secret values, and values that look like a secret, are not shown. */
const SECRET_NAME_PATTERN =
  /key|token|secret|passw|passphrase|credential|private|certificate|pem$|authorization|signature/i;
const URL_PASSWORD_PATTERN = /:\/\/[^/\s]*@/;
/**
 * Matches long strings that contain a digit and neither spaces nor slashes, because they may be a token. It may also match a file name, but
 * a token must never be shown.
 */
const TOKEN_PATTERN = /^(?=.*\d)[^\s/]{16,}$/s;
/**
 * Matches text that contains a secret property with its value, e.g. `accessToken:'…'`. If the space after the colon is missing, YAML reads
 * the property and its value as one text.
 */
const SECRET_ASSIGNMENT_PATTERN = new RegExp(`(?:${SECRET_NAME_PATTERN.source})[\\w-]*["']?\\s*[:=]`, 'i');
const PUBLIC_NAME_PATTERN = /^[\w$./-]{1,63}$/;
const MAX_SHOWN_LENGTH = 60;

/**
 * Describes a value for an error message.
 * @param path path of the value. Values under `apiKeys`, `clientSecret` and similar names are not shown
 */
export function describeValue(value: unknown, path: readonly (string | number)[]): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value === '') return 'an empty text';
  const isSecret = isSecretPath(path);
  if (typeof value === 'string') return isSecret ? 'a text that is not shown here' : describeString(value);
  if (typeof value !== 'number' && typeof value !== 'boolean') return 'a mapping';
  return isSecret ? `a ${typeof value} that is not shown here` : `the ${typeof value} ${value}`;
}

/** Returns true if a name in the path, e.g. `apiKeys` or `clientSecret`, indicates a secret. */
export function isSecretPath(path: readonly (string | number)[]): boolean {
  // The name of a tenant is left out. It can be any word, so it does not show whether the values under it are secret.
  // The section `secrets` is left out, too, because it contains settings like URLs.
  const steps = path[0] === 'tenants' ? path.slice(2) : path[0] === 'secrets' ? path.slice(1) : path;
  // The scopes of a key and the name of its user are not secret, although they are inside `apiKeys`.
  if (steps.slice(-2).includes('scopes') || (steps.at(-1) === 'name' && steps.at(-3) === 'apiKeys'))
    return false;
  return steps.some((step) => typeof step === 'string' && SECRET_NAME_PATTERN.test(step));
}

export function looksLikeSecret(text: string): boolean {
  return URL_PASSWORD_PATTERN.test(text) || TOKEN_PATTERN.test(text);
}

/**
 * Returns true if a property name can be shown. A mistake in the YAML can turn a value into a part of a name: `{ accessToken:'…' }`,
 * without a space after the colon, is a mapping with one name and no value.
 */
export function isDisplayableName(name: string): boolean {
  return PUBLIC_NAME_PATTERN.test(name) && !looksLikeSecret(name);
}

/** Returns the string in quotes. A long string is truncated, and a string that looks like a credential is not shown. */
export function describeString(text: string): string {
  if (looksLikeSecret(text) || SECRET_ASSIGNMENT_PATTERN.test(text)) return 'a text that is not shown here';
  return JSON.stringify(text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}…` : text);
}
