/**
 * Reads pages of one store with and without the checks of the store's identity. All variants use the same kind of session, because sessions
 * of different kinds differ in their caches by more than the checks cost.
 */
import type { SerializedPage } from '@tributary/connector-api';
import Database from 'better-sqlite3';
import type { DatabaseAdapter } from '../libs/feed/src/database/database-adapter.js';
import { createFileReplacementCheck } from '../libs/feed/src/database/sqlite/file-replacement-check.js';
import {
  formatSqlitePageQuery,
  SqlitePageReader,
} from '../libs/feed/src/database/sqlite/sqlite-page-reader.js';
import {
  formatPostgresPageQuery,
  PostgresPageReader,
} from '../libs/feed/src/database/postgres/postgres-page-reader.js';
import { PostgresPool, toPoolTimeouts } from '../libs/feed/src/database/postgres/postgres-pool.js';

const STATEMENT_TIMEOUT_MS = 10_000;

type ReadPage = DatabaseAdapter['readPage'];

export interface PageReaders {
  /** The variant with the checks, the variant without them, and a second variant without them. */
  variants: readonly [ReadPage, ReadPage, ReadPage];
  /** The process id of the session of PostgreSQL; `undefined` for SQLite. */
  backend: number | undefined;
  close(): void;
}

/** Opens a connection for each variant. With one connection, a variant would find the pages of the file that the variant before it has read. */
export function openSqlitePageReaders(file: string, { changes }: DatabaseAdapter): PageReaders {
  const connections: Database.Database[] = [];
  const connect = () => {
    const connection = new Database(file, { readonly: true });
    connections.push(connection);
    return connection;
  };
  const createUnchecked = (): ReadPage => {
    const statement = connect().prepare(formatSqlitePageQuery('+?'));
    return ({ id }, from, skipped, count) =>
      statement.get(id, from, skipped, skipped + count) as SerializedPage;
  };
  const fileCheck = createFileReplacementCheck(file, changes);
  const pages = new SqlitePageReader(connect());
  const readChecked: ReadPage = (feed, from, skipped, count) => {
    fileCheck.checkRecently();
    return pages.read(feed, from, skipped, count);
  };
  return {
    variants: [readChecked, createUnchecked(), createUnchecked()],
    backend: undefined,
    close: () => {
      for (const connection of connections) connection.close();
    },
  };
}

/** Opens one connection for all variants, because each connection has a process of the server with catalog caches of its own. */
export async function openPostgresPageReaders(url: string): Promise<PageReaders> {
  const pool = new PostgresPool(url, 1, toPoolTimeouts(STATEMENT_TIMEOUT_MS));
  const runner = {
    query: <R>(text: string, values: readonly unknown[]) => pool.query<R>(text, values, 'pages'),
  };
  const [session] = await pool.query<{ pid: number }>('select pg_backend_pid() as pid', []);
  const pages = new PostgresPageReader(runner, false);
  const readUnchecked: ReadPage = async ({ id }, from, skipped, count) => {
    const values = [id, from, skipped, count];
    const [page] = await runner.query<SerializedPage>(formatPostgresPageQuery(), values);
    return page;
  };
  return {
    variants: [(...page) => pages.read(...page), readUnchecked, readUnchecked],
    backend: session?.pid,
    close: () => void pool.close(),
  };
}
