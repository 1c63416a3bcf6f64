/**
 * The maximum age in ms of a result that gauges share. The gauges of one scrape are collected one after the other, so one query is enough
 * for all of them.
 */

const MAX_AGE_MS = 1000;

/**
 * Returns a function that runs the query, unless its last result is younger than one second. If the store cannot be read, the function
 * returns no rows, so that the gauges have no values. Other metrics report that the store cannot be read.
 */
export function shareQuery<Row>(runQuery: () => Promise<Row[]>): () => Promise<Row[]> {
  let last: { at: number; rows: Promise<Row[]> } | undefined;
  return () => {
    if (last === undefined || performance.now() - last.at > MAX_AGE_MS)
      last = { at: performance.now(), rows: runQuery().catch(() => []) };
    return last.rows;
  };
}
