/** Prepares a SQLite statement at its first use, because the tables do not exist before the migrations have run. */
import type Database from 'better-sqlite3';

/** Creates a function that prepares the statement at its first call and returns it. */
export function prepareLazily(connection: Database.Database, text: string): () => Database.Statement {
  let statement: Database.Statement | undefined;
  return () => (statement ??= connection.prepare(text));
}
