/** Finds returns of orders whose rows in the store clients would misread. */
import { runSql } from '../../libs/feed/src/testing/raw-sql.js';

/**
 * Returns the ids of returns that were published twice, and of returns that are followed by a row of their order. After a repeated request,
 * a return is published again with amount 0, so that it does not count twice.
 */
export async function findRepeatedReturns(storeUrl: string): Promise<string[]> {
  const rows = await runSql(storeUrl, 'select body from feed_rows order by feed_id, seq');
  const told = rows.map(({ body }) => JSON.parse(String(body)) as { id: string; amount?: string });
  const returns = told.filter(({ id, amount }) => id.endsWith('-return') && amount !== '0');
  return returns
    .map((row) => ({ row, after: told.slice(told.indexOf(row) + 1) }))
    .filter(({ row, after }) =>
      after.some(({ id, amount }) => (id === row.id && amount !== '0') || `${id}-return` === row.id),
    )
    .map(({ row }) => row.id);
}
