/** Parses JSON whose integers can exceed 2^53, as the amounts of a ledger do. */

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
