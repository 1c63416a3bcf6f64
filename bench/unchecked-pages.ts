/** Reads pages without the checks of the store's identity. Their cost is compared with pages that are read with the checks. */
import type { SerializedPage } from '@tributary/connector-api';
import Database from 'better-sqlite3';
import type { DatabaseAdapter } from '../libs/feed/src/database/database-adapter.js';
import { formatSqlitePageQuery } from '../libs/feed/src/database/sqlite/sqlite-page-reader.js';
import { formatPostgresPageQuery } from '../libs/feed/src/database/postgres/postgres-adapter.js';
import { PostgresPool, toPoolTimeouts } from '../libs/feed/src/database/postgres/postgres-pool.js';

const CONNECTIONS = 2;
const STATEMENT_TIMEOUT_MS = 10_000;

export interface PageSource {
  readPage: DatabaseAdapter['readPage'];
  close(): Promise<void>;
}

export function readSqlitePages(file: string): PageSource {
  const connection = new Database(file, { readonly: true });
  const statement = connection.prepare(formatSqlitePageQuery('+?'));
  return {
    readPage: ({ id }, from, skipped, count) =>
      statement.get(id, from, skipped, skipped + count) as SerializedPage,
    close: async () => void connection.close(),
  };
}

export function readPostgresPages(url: string): PageSource {
  const pool = new PostgresPool(url, CONNECTIONS, toPoolTimeouts(STATEMENT_TIMEOUT_MS));
  return {
    readPage: async ({ id }, from, skipped, count) => {
      const [page] = await pool.query<SerializedPage>(
        formatPostgresPageQuery(),
        [id, from, skipped, count],
        'pages',
      );
      return page;
    },
    close: () => pool.close(),
  };
}
