/**
 * Changes the JSON body of a response. Numbers in the body are instances of `JsonNumber`. The functions treat them as values and not as
 * objects.
 */
import { JsonNumber } from '../../http/json-number.js';

export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber)
  );
}

/** Returns a copy of a body in which `change` was applied to each value that is no object and no list. */
export function changeJsonValues(body: unknown, change: (value: unknown) => unknown): unknown {
  if (Array.isArray(body)) return body.map((item) => changeJsonValues(item, change));
  if (!isJsonObject(body)) return change(body);
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, changeJsonValues(value, change)]),
  );
}

/** Returns a copy of a body in which all properties with one of these names have another value. */
export function changeJsonProperties(
  body: unknown,
  names: readonly string[],
  change: (value: unknown) => unknown,
): unknown {
  if (Array.isArray(body)) return body.map((item) => changeJsonProperties(item, names, change));
  if (!isJsonObject(body)) return body;
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [
      name,
      names.includes(name) ? change(value) : changeJsonProperties(value, names, change),
    ]),
  );
}
