/** Builds the condition of a join. */
import { sql, type RawBuilder } from 'kysely';

/** Builds `table.a = x.b and …`. @param columns columns of the table, each with the column that it equals */
export function equalColumns(table: string, columns: Readonly<Record<string, string>>): RawBuilder<unknown> {
  const pairs = Object.entries(columns).map(
    ([column, other]) => sql`${sql.ref(`${table}.${column}`)} = ${sql.ref(other)}`,
  );
  return sql.join(pairs, sql` and `);
}
