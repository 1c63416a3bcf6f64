/** Opens a store by its URL, and migrates its tables to the current version. */
import { existsSync } from 'node:fs';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import { getSqlState, isServerUnreachable } from '../database/postgres/postgres-errors.js';
import { openPostgres } from '../database/postgres/postgres-adapter.js';
import { redactUrl } from '../database/postgres/postgres-pool.js';
import { openSqlite } from '../database/sqlite/sqlite-adapter.js';
import { StoreOpenError, StoreUnavailableError } from '../database/store-errors.js';
import type { Store } from '../types/store.types.js';
import { migrate, type OnMigrationProgress } from '../migrations/migrate.js';
import { SCHEMA_VERSION } from '../migrations/schema-versions.js';
import { SqlStore } from './sql-store.js';

/** The location of a store. Options besides the URL exist only for PostgreSQL. */
export interface StoreLocation {
  /** `sqlite:<path>`, relative to the working directory, or `postgres://…` */
  primary: string;
  /** The URLs of read-only PostgreSQL replicas. Pages are read from them in turn. */
  replicas?: readonly string[];
  /** The maximum number of connections that one gateway opens. */
  connections?: number;
  /** Timeout in milliseconds for one statement, and also for the wait for a connection. */
  statementTimeoutMs?: number;
}

const DEFAULT_LIMITS = { connections: 10, statementTimeoutMs: 10_000 };

/**
 * Opens a store, and creates or migrates its tables.
 * @param location the URL, or the URL with options
 * @param clock returns milliseconds since 1970; the default is the clock of the database
 * @param onMigrationProgress is called while the tables are migrated
 * @throws StoreOpenError when the store cannot be opened
 * @throws Error when the URL has an unknown scheme
 */
export async function openStore(
  location: string | StoreLocation,
  clock?: () => number,
  onMigrationProgress?: OnMigrationProgress,
): Promise<Store> {
  const adapter = await openDatabase(location, onMigrationProgress);
  try {
    return await SqlStore.open(adapter, clock);
  } catch (error) {
    await adapter.close();
    const isTransient = error instanceof StoreUnavailableError && isServerUnreachable(error.cause);
    throw new StoreOpenError(redactLocation(location), openFailureReason(error), isTransient, error);
  }
}

/** Returns the URL of the primary without its password. */
export function redactLocation(location: string | StoreLocation): string {
  const url = typeof location === 'string' ? location : location.primary;
  return isPostgres(url) ? redactUrl(url) : url;
}

async function openDatabase(
  location: string | StoreLocation,
  onMigrationProgress?: OnMigrationProgress,
): Promise<DatabaseAdapter> {
  const options = typeof location === 'string' ? { primary: location } : location;
  const name = redactStoreUrl(options.primary);
  try {
    return await openAndMigrate(options, onMigrationProgress);
  } catch (error) {
    const isTransient = error instanceof StoreUnavailableError && isServerUnreachable(error.cause);
    throw new StoreOpenError(name, openFailureReason(error), isTransient, error);
  }
}

/**
 * Returns the path of a SQLite file, or a PostgreSQL URL without its password.
 * @throws Error when the URL has an unknown scheme
 */
function redactStoreUrl(url: string): string {
  if (isPostgres(url)) return redactUrl(url);
  const path = parseSqlitePath(url);
  if (path !== undefined) return path;
  throw new Error(
    `store ${JSON.stringify(url)} is of no known kind; expected sqlite:<path of a file> or postgres://<user>:<password>@<host>/<database>`,
  );
}

/**
 * Opens the database of a store for work on whole tables, and closes it afterwards.
 * @throws StoreOpenError when the store cannot be opened
 * @throws Error when the URL has an unknown scheme
 */
export async function withDatabase<T>(
  location: string | StoreLocation,
  work: (adapter: DatabaseAdapter) => Promise<T>,
): Promise<T> {
  const adapter = await openDatabase(location);
  try {
    return await work(adapter);
  } finally {
    await adapter.close();
  }
}

/**
 * Checks that a SQLite file exists, because opening it would create it.
 * @throws Error when the file does not exist
 */
export function assertStoreExists(location: string | StoreLocation): void {
  const path = parseSqlitePath(typeof location === 'string' ? location : location.primary);
  if (path === undefined || existsSync(path)) return;
  throw new Error(`there is no store ${JSON.stringify(path)}; check the path`);
}

async function openAndMigrate(
  options: StoreLocation,
  onMigrationProgress?: OnMigrationProgress,
): Promise<DatabaseAdapter> {
  const adapter = await openAdapter(options);
  try {
    await migrate(adapter, SCHEMA_VERSION, onMigrationProgress);
    return adapter;
  } catch (error) {
    await adapter.close();
    throw error;
  }
}

function openAdapter({ primary, replicas, ...limits }: StoreLocation): Promise<DatabaseAdapter> {
  return isPostgres(primary)
    ? openPostgres(primary, { ...DEFAULT_LIMITS, ...limits }, replicas)
    : openSqlite(parseSqlitePath(primary) ?? '');
}

function isPostgres(url: string): boolean {
  return /^postgres(ql)?:\/\//.test(url);
}

/** Returns the path in a `sqlite:` URL. The result is `undefined` for any other URL. */
export function parseSqlitePath(url: string): string | undefined {
  return /^sqlite:(?!\/\/)(.+)$/.exec(url)?.[1];
}

const PREPARED_STATEMENTS_ADVICE =
  'the pooler before the server loses prepared statements; set its pool_mode to session, or use PgBouncer 1.21 or later with max_prepared_statements of 100 or more';

/** The advice for the operator, by error code or SQLSTATE. It is added because the database's own message does not say what to do. */
const OPEN_FAILURE_REASONS: Readonly<Record<string, string>> = {
  SQLITE_NOTADB: 'the file is no SQLite database; name another, or move it away',
  SQLITE_CORRUPT: 'the file is damaged or cut off; put back a backup',
  SQLITE_CANTOPEN:
    'its directory, or the file, is not there for this user to write; check the path and the rights',
  SQLITE_READONLY: 'this user may not write the file; check its rights',
  SQLITE_FULL: 'the disk is full; make room',
  EEXIST: 'a part of the path is a file; expected directories',
  ENOTDIR: 'a part of the path is a file; expected directories',
  EACCES: 'this user may not create its directory; check the rights',
  EROFS: 'it is on a read-only file system',
  '28000':
    'the server refuses this user, host or encryption; check the URL (sslmode, too) and the server’s pg_hba.conf',
  '28P01': 'the server does not accept the user or the password; check both in the URL',
  '3D000': 'there is no such database; create it, encoded in UTF8',
  '42501':
    'this user may not do what is needed: to make or change tables let their owner run "tributary store migrate"; to serve grant it select, insert, update and delete on all tables',
  '08P01':
    'the server, or the pooler before it, rejects the connection; remove parameters from the URL that a pooler such as PgBouncer does not know, or add their names to its ignore_startup_parameters',
  '26000': PREPARED_STATEMENTS_ADVICE,
  '42P05': PREPARED_STATEMENTS_ADVICE,
  '25006': 'the server is a read-only replica; name the primary',
  '53300':
    'the server takes no more connections; lower "connections" of the store, or raise its max_connections',
  ECONNREFUSED: 'no server listens there; check host and port, and that the server runs',
  ENOTFOUND: 'there is no host of this name',
};

function openFailureReason(error: unknown): string {
  const cause = error instanceof StoreUnavailableError ? error.cause : error;
  const code = getErrorCode(cause);
  // Extended error codes of SQLite have a suffix, e.g. SQLITE_READONLY_DIRECTORY.
  const known = OPEN_FAILURE_REASONS[code] ?? OPEN_FAILURE_REASONS[code.split('_', 2).join('_')];
  const message = cause instanceof Error ? cause.message : String(cause);
  // This error of the driver has no code, so it is recognised by its message.
  if (message.endsWith('client password must be a string'))
    return 'the server wants a password; put it into the URL, or into the variable PGPASSWORD';
  return known ?? message;
}

function getErrorCode(error: unknown): string {
  const code =
    getSqlState(error) ?? (typeof error === 'object' && error && 'code' in error ? error.code : '');
  return String(code);
}
