/** Opens the database of a store without migrating it, for tests of single migrations. */
import type { DatabaseAdapter } from '../database/database-adapter.js';
import { openPostgres } from '../database/postgres/postgres-adapter.js';
import { openSqlite } from '../database/sqlite/sqlite-adapter.js';

/**
 * Opens a database. The caller closes the adapter.
 * @param url the URL of the store: `sqlite:` with a path, or a URL of PostgreSQL
 */
export function openAdapter(url: string): Promise<DatabaseAdapter> {
  return url.startsWith('sqlite:')
    ? openSqlite(url.slice('sqlite:'.length))
    : openPostgres(url, { connections: 2, statementTimeoutMs: 10_000 });
}
