/** Parses JSON without losing digits. The amounts of a ledger are integers that can exceed 2^53, and `JSON.parse` would round them. */

/**
 * Parses JSON and returns integers as bigint.
 * @throws SyntaxError when the text is not JSON
 */
export function parseLosslessJson(text: string): unknown {
  return JSON.parse(text, (_, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && context?.source !== undefined && /^-?\d+$/.test(context.source)
      ? BigInt(context.source)
      : value,
  ) as unknown;
}
