/** Builds the condition of a join. */
import { sql, type RawBuilder } from 'kysely';

/**
 * Builds the condition `table.a = x.b and …`.
 * @param columns columns of the table, each with the column to which it is equal
 */
export function buildJoinCondition(
  table: string,
  columns: Readonly<Record<string, string>>,
): RawBuilder<unknown> {
  const pairs = Object.entries(columns).map(
    ([column, other]) => sql`${sql.ref(`${table}.${column}`)} = ${sql.ref(other)}`,
  );
  return sql.join(pairs, sql` and `);
}
