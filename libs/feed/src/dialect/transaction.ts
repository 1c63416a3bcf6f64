import { sql, type Kysely } from 'kysely';
import type { Work } from '../dialect.js';
import type { Schema } from '../schema.js';

/** @param begin on this connection, in the words of the database */
export async function inTransaction<T>(
  connection: Kysely<Schema>,
  begin: () => Promise<unknown>,
  work: Work<T>,
): Promise<T> {
  await begin();
  try {
    const result = await work(connection);
    await sql`commit`.execute(connection);
    return result;
  } catch (error) {
    // After some errors (a full disk, say) the database has rolled back by itself, and refuses to do it again.
    await sql`rollback`.execute(connection).catch(() => undefined);
    throw error;
  }
}
