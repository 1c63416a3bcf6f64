/** What an error may show of a value: never one that is a secret, or looks like one. */
const SECRET_KEY =
  /key|token|secret|passw|passphrase|credential|private|certificate|pem$|authorization|signature/i;
const URL_WITH_PASSWORD = /:\/\/[^/\s]*@/;
/** Long, unbroken and with a digit: better to hide a file's name than to show somebody's token. */
const LIKE_A_TOKEN = /^(?=.*\d)[^\s/]{16,}$/s;
const LONGEST = 60;

/** @param path of the value: under `apiKeys`, `clientSecret` and the like nothing is shown. */
export function showValue(value: unknown, path: readonly (string | number)[]): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value === '') return 'an empty text';
  const hidden = isSecretPlace(path);
  if (typeof value === 'string') return hidden ? 'a text that is not shown here' : showText(value);
  if (typeof value !== 'number' && typeof value !== 'boolean') return 'a mapping';
  return hidden ? `a ${typeof value} that is not shown here` : `the ${typeof value} ${value}`;
}

/** Whether what stands there is a secret by the name of its key. */
export function isSecretPlace(path: readonly (string | number)[]): boolean {
  // The name of a tenant says nothing about what stands below it.
  const steps = path[0] === 'tenants' ? path.slice(2) : path;
  // What a key may do is no secret, though it stands beside the key.
  if (steps.slice(-2).includes('scopes')) return false;
  return steps.some((step) => typeof step === 'string' && SECRET_KEY.test(step));
}

export function looksLikeToken(text: string): boolean {
  return URL_WITH_PASSWORD.test(text) || LIKE_A_TOKEN.test(text);
}

/** In quotes, cut when it is long, hidden when it looks like a credential. */
export function showText(text: string): string {
  if (looksLikeToken(text)) return 'a text that is not shown here';
  return JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
}
