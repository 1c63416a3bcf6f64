/** Lets the gauges of one scrape share a query. They are collected one after the other. */

const MAX_AGE_MS = 1000;

/**
 * Returns a function that runs the query, unless its last result is younger than a second.
 * @returns no rows when the store cannot be read, so that the gauges have no values. Other metrics say that it cannot be read
 */
export function shareQuery<Row>(runQuery: () => Promise<Row[]>): () => Promise<Row[]> {
  let last: { at: number; rows: Promise<Row[]> } | undefined;
  return () => {
    if (last === undefined || performance.now() - last.at > MAX_AGE_MS)
      last = { at: performance.now(), rows: runQuery().catch(() => []) };
    return last.rows;
  };
}
