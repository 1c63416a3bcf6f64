/** Runs a callback between `begin` and `commit`. Each statement is sent after the previous statement has ended. */
import { sql, type CompiledQuery, type Kysely } from 'kysely';
import type { TransactionCallback } from './database-adapter.js';
import type { Schema } from './schema.js';

/**
 * Runs `work` in a transaction, and rolls back if `work` throws.
 * @param begin starts the transaction on this connection
 */
export async function runInTransaction<T>(
  connection: Kysely<Schema>,
  begin: () => Promise<unknown>,
  work: TransactionCallback<T>,
): Promise<T> {
  await begin();
  try {
    const lastWrites: CompiledQuery[] = [];
    const result = await work(connection, (...statements) => void lastWrites.push(...statements));
    for (const statement of lastWrites) await connection.executeQuery(statement);
    await sql`commit`.execute(connection);
    return result;
  } catch (error) {
    // After some errors, e.g. a full disk, the database has already rolled back, and the second rollback fails.
    await sql`rollback`.execute(connection).catch(() => undefined);
    throw error;
  }
}
