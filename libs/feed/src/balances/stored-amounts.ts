/** The column `amounts` of stored balances: a JSON object with the amount of each asset, in minor units, as a string. */

/** Returns the amounts of stored balances by asset. */
export function parseAmounts(column: string): Map<string, string> {
  return new Map(Object.entries(JSON.parse(column) as Record<string, string>));
}

/** Serializes amounts. Equal amounts have the same text, because the assets are sorted. */
export function serializeAmounts(amounts: ReadonlyMap<string, bigint>): string {
  const sorted = [...amounts].sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(sorted.map(([asset, amount]) => [asset, amount.toString()])));
}
