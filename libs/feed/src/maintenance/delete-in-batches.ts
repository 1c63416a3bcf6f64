/** Deletes many rows of a table in short transactions, so that the memory and the locks of each transaction are limited. */
import { sql, type RawBuilder, type SqlBool } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import { SORT_KEYS } from './sort-keys.js';

/** The number of rows that one transaction deletes. */
const BATCH_ROWS = 1000;

/**
 * Deletes all rows that meet the condition.
 * @param condition must not become true for other rows while the function runs
 */
export async function deleteInBatches(
  adapter: DatabaseAdapter,
  table: keyof typeof SORT_KEYS,
  condition: RawBuilder<SqlBool>,
): Promise<void> {
  const key = sql`(${sql.join(SORT_KEYS[table].map((column) => sql.ref(column)))})`;
  const name = sql.table(table);
  for (;;) {
    const last = await findLastKey(adapter, table, condition);
    // The comparison of keys lets both databases delete a range of the index. With a subquery, PostgreSQL could read the whole table for
    // each batch.
    const range = last === undefined ? condition : sql`${condition} and ${key} <= (${sql.join(last)})`;
    await adapter.transaction((db) => sql`delete from ${name} where ${range}`.execute(db));
    if (last === undefined) return;
  }
}

/**
 * Returns the key of the last row of the next batch.
 * @returns `undefined` if one batch contains all remaining rows
 */
async function findLastKey(
  { reader }: DatabaseAdapter,
  table: keyof typeof SORT_KEYS,
  condition: RawBuilder<SqlBool>,
): Promise<unknown[] | undefined> {
  const columns = SORT_KEYS[table];
  const key = sql.join(columns.map((column) => sql.ref(column)));
  const { rows } = await sql<Record<string, unknown>>`
    select ${key} from ${sql.table(table)} where ${condition} order by ${key} limit 1 offset ${sql.lit(BATCH_ROWS)}`.execute(
    reader,
  );
  const [row] = rows;
  return row && columns.map((column) => row[column]);
}
