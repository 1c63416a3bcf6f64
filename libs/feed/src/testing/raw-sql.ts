/** Runs SQL directly on the database of a store, as an operator or a restore would do. */
import Database from 'better-sqlite3';
import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import pg from 'pg';

/**
 * Runs statements on the database of a store, on a separate connection.
 * @returns the rows of the last statement
 */
export async function runSql(url: string, ...statements: string[]): Promise<Record<string, unknown>[]> {
  return url.startsWith('sqlite:') ? runOnSqlite(url, statements) : runOnPostgres(url, statements);
}

/** Returns the statement that creates a feed of transactions with a chosen number. */
export function formatFeedInsert(id: number, connector: string, headSeq = 0): string {
  return `insert into feeds (id, connector, stream, head_seq, fencing_token, leased_until) values (${id}, '${connector}', 'transactions', ${headSeq}, 0, 0)`;
}

/**
 * Backs up the database of a store that no process has open.
 * @returns a function that restores the backup
 */
export async function backUpDatabase(url: string): Promise<() => Promise<void>> {
  if (url.startsWith('sqlite:')) return backUpFile(pathOf(url));
  const database = /@[^/]*\/([^/?]+)/.exec(url)?.[1] ?? '';
  const server = url.replace(`/${database}`, '/postgres');
  await runSql(server, `create database ${database}_backup template ${database}`);
  return async () => {
    await runSql(server, `drop database ${database} with (force)`);
    await runSql(server, `create database ${database} template ${database}_backup`);
    await runSql(server, `drop database ${database}_backup`);
  };
}

function backUpFile(file: string): () => Promise<void> {
  copyFileSync(file, `${file}.backup`);
  return async () => {
    for (const suffix of ['-wal', '-shm']) if (existsSync(file + suffix)) rmSync(file + suffix);
    renameSync(`${file}.backup`, file);
  };
}

function pathOf(url: string): string {
  return url.slice('sqlite:'.length);
}

function runOnSqlite(url: string, statements: string[]): Record<string, unknown>[] {
  const db = new Database(pathOf(url), { timeout: 5000 });
  try {
    return (
      statements.map((statement) => {
        const prepared = db.prepare(statement);
        return prepared.reader ? (prepared.all() as Record<string, unknown>[]) : (prepared.run(), []);
      })[statements.length - 1] ?? []
    );
  } finally {
    db.close();
  }
}

async function runOnPostgres(url: string, statements: string[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) rows = (await client.query<Record<string, unknown>>(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}
