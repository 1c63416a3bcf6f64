/** Prepares a SQLite statement on its first use, because the tables do not exist before the migrations. */
import type Database from 'better-sqlite3';

/**
 * @param returnsValue whether the statement returns the value of its first column instead of a row
 * @returns a function that returns the prepared statement
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
