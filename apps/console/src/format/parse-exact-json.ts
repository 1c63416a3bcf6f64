/** Reads JSON without losing a digit. */

/** @returns the value. A number that a floating-point number cannot hold is its text, e.g. an amount of 20 digits, or `1.50` */
export function parseJson(text: string): unknown {
  return JSON.parse(text, keepDigits);
}

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || context?.source === undefined) return value;
  return String(value) === context.source ? value : context.source;
}
