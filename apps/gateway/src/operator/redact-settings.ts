/** Prepares the settings of a connector for operators. Secrets are replaced, and all other values are shown. */
import { redactSecrets } from '../config/index.js';
import { isSecretPath, looksLikeSecret } from '../config/file/describe-value.js';

const HIDDEN = '(hidden)';

/**
 * Replaces three kinds of values: each value whose name indicates a secret, each string that looks like a credential, and each known secret
 * inside a string.
 * @param secrets the secrets of the deployment
 */
export function redactSettings(settings: object, secrets: readonly string[]): object {
  return redactObject(settings, ['settings'], secrets);
}

function redactObject(value: object, path: readonly string[], secrets: readonly string[]): object {
  return Object.fromEntries(
    Object.entries(value).map(([name, item]: [string, unknown]) => [
      name,
      redactValue(item, [...path, name], secrets),
    ]),
  );
}

function redactValue(value: unknown, path: readonly string[], secrets: readonly string[]): unknown {
  if (value === undefined || value === null || typeof value === 'boolean') return value;
  if (isSecretPath(path)) return HIDDEN;
  if (typeof value === 'string') return looksLikeSecret(value) ? HIDDEN : redactSecrets(value, secrets);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, path, secrets));
  if (typeof value === 'object') return redactObject(value, path, secrets);
  return typeof value === 'number' ? value : HIDDEN;
}
