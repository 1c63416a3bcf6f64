/**
 * Copies a migrated store for each test. Running the migrations for each test would need about 40 ms of processor time and ten commits, and
 * most tests do not test the migrations. Each copy gets an identity of its own, as if it had been migrated separately.
 */
import Database from 'better-sqlite3';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { withDatabase } from '../store/open-store.js';

const TEMPLATE_DATABASE = 'migrated_template';
const TEMPLATE_LOCK = 7_203_114;

let templateFile: Promise<Buffer> | undefined;
let templateDatabase: Promise<void> | undefined;

/** Writes a migrated store to a new SQLite file. */
export async function writeMigratedFile(path: string): Promise<void> {
  writeFileSync(path, await (templateFile ??= createTemplateFile()));
  const file = new Database(path);
  // This single write to a temporary file needs no durability. The test opens the copy with the durability of the gateway.
  file.pragma('synchronous = off');
  file.prepare('update store_identity set store_id = ?, beat_at = ?').run(randomUUID(), Date.now());
  file.close();
}

/**
 * Creates a migrated store in a new database of a server.
 * @param serverUrl URL of the database `postgres` of the server
 * @param databaseUrl URL of the new database
 */
export async function createMigratedDatabase(
  serverUrl: string,
  databaseUrl: string,
  database: string,
): Promise<void> {
  await (templateDatabase ??= createTemplateDatabase(serverUrl));
  await withClient(serverUrl, (client) =>
    client.query(`create database ${database} template ${TEMPLATE_DATABASE}`),
  );
  await withClient(databaseUrl, (client) =>
    client.query('update store_identity set store_id = $1, beat_at = $2', [randomUUID(), Date.now()]),
  );
}

async function createTemplateFile(): Promise<Buffer> {
  const directory = mkdtempSync(join(tmpdir(), 'tributary-template-'));
  try {
    const path = join(directory, 'store.db');
    await migrateStore(`sqlite:${path}`);
    return readFileSync(path);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Creates the template database of the server, unless another spec file has already created it. */
async function createTemplateDatabase(serverUrl: string): Promise<void> {
  await withClient(serverUrl, async (client) => {
    // The lock is released when the connection ends.
    await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const found = await client.query('select from pg_database where datname = $1', [TEMPLATE_DATABASE]);
    if (found.rowCount !== 0) return;
    const unfinished = `${TEMPLATE_DATABASE}_${randomUUID().replaceAll('-', '')}`;
    await client.query(`create database ${unfinished}`);
    await migrateStore(serverUrl.replace('/postgres?', `/${unfinished}?`));
    await client.query(`alter database ${unfinished} rename to ${TEMPLATE_DATABASE}`);
  });
}

/** Migrates a store by opening it. */
async function migrateStore(url: string): Promise<void> {
  await withDatabase(url, async () => undefined);
}

async function withClient(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
