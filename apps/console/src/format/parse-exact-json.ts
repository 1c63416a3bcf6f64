/** Parses JSON without losing digits. */

/**
 * Parses JSON. If a floating-point number cannot represent a number exactly, the result contains the text of the number, e.g. for an amount
 * of 20 digits, or for `1.50`.
 */
export function parseJson(text: string): unknown {
  return JSON.parse(text, keepDigits);
}

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || context?.source === undefined) return value;
  return String(value) === context.source ? value : context.source;
}
