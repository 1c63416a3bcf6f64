/** Formats the path of a value in the deployment file: `['connectors', 0, 'name']`. */
import { NAME_PATTERN } from '../settings/name-patterns.js';
import { isDisplayableName } from './describe-value.js';

export type ConfigPath = readonly (string | number)[];

/**
 * Formats a path as a lookup key: `connectors[0].settings.directory`. The path of the file as a whole is the empty string.
 * Messages must use {@link formatPathForMessage}, because a name in the path can contain a secret.
 */
export function formatPath(path: ConfigPath): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    '',
  );
}

/** Formats a path for people. Names that can contain a secret are replaced by `(hidden)`. */
export function formatPathForMessage(path: ConfigPath): string {
  return formatPath(path.map((step, index) => (isPublicStep(path, index) ? step : '(hidden)')));
}

/** Returns the names in the path that must not be shown. */
export function listHiddenNames(path: ConfigPath): string[] {
  return path.filter((step, index): step is string => !isPublicStep(path, index) && typeof step === 'string');
}

function isPublicStep(path: ConfigPath, index: number): boolean {
  const step = path[index];
  if (typeof step !== 'string') return true;
  // A valid tenant name is shown even if it looks like a token, because URLs contain it.
  const isTenantName = index === 1 && path[0] === 'tenants' && NAME_PATTERN.test(step);
  return isTenantName || isDisplayableName(step);
}
