/** Creates new stores of both kinds, so that a test can run on SQLite and on PostgreSQL. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createMigratedDatabase, writeMigratedFile } from './store-template.js';

export interface FreshStore {
  url: string;
  /** Deletes the store, and closes the connections to it. */
  remove(): Promise<void>;
}

export interface StoreKind {
  name: string;
  /** Creates a database without tables. The first `openStore` migrates it. */
  create(): Promise<FreshStore>;
  /** Creates a store that has the tables of this release and no rows. It takes a tenth of the time of `create` and the migrations. */
  createMigrated(): Promise<FreshStore>;
}

export const SQLITE_STORE: StoreKind = {
  name: 'SQLite',
  create: async () => createDirectory(),
  createMigrated: createFile,
};
export const POSTGRES_STORE: StoreKind = {
  name: 'PostgreSQL',
  create: () => createDatabase((server, _url, name) => execute(server, `create database ${name}`)),
  createMigrated: () => createDatabase(createMigratedDatabase),
};
export const STORES: readonly StoreKind[] = [SQLITE_STORE, POSTGRES_STORE];
/**
 * The kind of store for specs that do not test the store itself. If the environment variable `TRIBUTARY_TEST_STORE` is `postgres`, these
 * specs run with PostgreSQL.
 */
export const DEFAULT_STORE =
  process.env['TRIBUTARY_TEST_STORE'] === 'postgres' ? POSTGRES_STORE : SQLITE_STORE;

function createDirectory(): FreshStore {
  const directory = mkdtempSync(join(tmpdir(), 'tributary-store-'));
  return {
    url: `sqlite:${join(directory, 'store.db')}`,
    remove: async () => rmSync(directory, { recursive: true }),
  };
}

async function createFile(): Promise<FreshStore> {
  const fresh = createDirectory();
  await writeMigratedFile(fresh.url.slice('sqlite:'.length));
  return fresh;
}

async function createDatabase(
  create: (server: string, url: string, name: string) => Promise<void>,
): Promise<FreshStore> {
  const server = await requestServerUrl();
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const url = server.replace('/postgres?', `/${name}?`);
  await create(server, url, name);
  return { url, remove: () => execute(server, `drop database ${name} with (force)`) };
}

let server: Promise<string> | undefined;

function requestServerUrl(): Promise<string> {
  return (server ??= readServerUrl(Number(process.env['TRIBUTARY_TEST_POSTGRES'])));
}

async function readServerUrl(port: number): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of connect(port, '127.0.0.1')) chunks.push(chunk as Buffer);
  const { url, error } = JSON.parse(Buffer.concat(chunks).toString()) as { url?: string; error?: string };
  if (url === undefined) throw new Error(error);
  return url;
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
