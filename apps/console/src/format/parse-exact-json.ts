/** Parses JSON without losing digits. */

/**
 * Parses JSON and keeps every digit. A number that a JavaScript number cannot represent exactly becomes a string with the digits of the JSON.
 * Examples are an amount with 20 digits, and `1.50`.
 */
export function parseJson(text: string): unknown {
  return JSON.parse(text, keepDigits);
}

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || context?.source === undefined) return value;
  return String(value) === context.source ? value : context.source;
}
