/** Reads pages without the checks of the store's identity, for the comparison with the pages of the store. */
import type { SerializedPage } from '@tributary/connector-api';
import Database from 'better-sqlite3';
import type { DatabaseAdapter } from '../libs/feed/src/database/database-adapter.js';
import { SQLITE_PAGE_QUERY } from '../libs/feed/src/database/sqlite/sqlite-page-reader.js';
import { PostgresPool, toPoolTimeouts } from '../libs/feed/src/database/postgres/postgres-pool.js';

const CONNECTIONS = 2;
const STATEMENT_TIMEOUT_MS = 10_000;

/** The query of `postgres-adapter.ts` without the condition that the number belongs to the feed. */
const UNCHECKED_POSTGRES_QUERY = `
with first as materialized (
  select seq from feed_rows
   where feed_id = $1 and feed_time >= $2 order by feed_time limit 1
)
select count(*) as rows, '[' || coalesce(string_agg(body, ',' order by seq), '') || ']' as body
  from (
    select seq, body from feed_rows
     where feed_id = $1 and seq >= (select seq from first) + $3
     order by seq limit $4
  ) as page`;

export interface PageSource {
  readPage: DatabaseAdapter['readPage'];
  close(): Promise<void>;
}

export function readSqlitePages(file: string): PageSource {
  const connection = new Database(file, { readonly: true });
  const statement = connection.prepare(SQLITE_PAGE_QUERY);
  return {
    readPage: ({ id }, from, skipped, count) =>
      statement.get(id, from, skipped, skipped + count, id) as SerializedPage,
    close: async () => void connection.close(),
  };
}

export function readPostgresPages(url: string): PageSource {
  const pool = new PostgresPool(url, CONNECTIONS, toPoolTimeouts(STATEMENT_TIMEOUT_MS));
  return {
    readPage: async ({ id }, from, skipped, count) => {
      const [page] = await pool.query<SerializedPage>(
        UNCHECKED_POSTGRES_QUERY,
        [id, from, skipped, count],
        'pages',
      );
      return page;
    },
    close: () => pool.close(),
  };
}
