/** Prepares a SQLite statement at its first use, because the tables do not exist before the migrations have run. */
import type Database from 'better-sqlite3';

/**
 * Creates a function that prepares the statement at its first call and returns it.
 * @param returnsValue true if the statement returns the value of its first column instead of a row
 */
export function prepareLazily(
  connection: Database.Database,
  text: string,
  returnsValue = false,
): () => Database.Statement {
  let statement: Database.Statement | undefined;
  return () => (statement ??= prepare(connection, text, returnsValue));
}

function prepare(connection: Database.Database, text: string, returnsValue: boolean): Database.Statement {
  const statement = connection.prepare(text);
  return returnsValue ? statement.pluck() : statement;
}
