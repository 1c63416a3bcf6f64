/** A pool of connections to one PostgreSQL server. It prepares statements, and replaces broken connections. */
import pg from 'pg';
import type { ConnectionPurpose } from '../database-adapter.js';
import { StoreChangedError, StoreUnavailableError } from '../store-errors.js';
import { ConnectionQueue } from './connection-queue.js';
import { getErrorMessage } from './postgres-errors.js';
import { PostgresConnection } from './postgres-connection.js';

export interface PoolLimits {
  /** The maximum number of connections. Further work waits for a connection. */
  connections: number;
  /** Timeout in milliseconds for one statement, and also for the wait for a connection. */
  statementTimeoutMs: number;
}

/** Timeouts of a pool in milliseconds. */
export interface PoolTimeouts {
  /** Timeout for the wait for a connection. */
  connectMs: number;
  /** Timeout for one statement. With `undefined`, a statement may take any time. */
  statementMs: number | undefined;
  /**
   * Timeout for an idle transaction. If a process is paused during a transaction, PostgreSQL ends the transaction, because its locks would
   * block other writers.
   */
  idleTransactionMs: number;
}

/** Returns timeouts that have the same value for the wait for a connection, for statements and for idle transactions. */
export function toPoolTimeouts(timeoutMs: number): PoolTimeouts {
  return { connectMs: timeoutMs, statementMs: timeoutMs, idleTransactionMs: timeoutMs };
}

/** The `application_name` by which the sessions of this library can be found in `pg_stat_activity`. */
export const APPLICATION_NAME = 'tributary';

/**
 * Extra time in ms after the server's own statement timeout. If there is no response after this time, the client treats the server as
 * unreachable.
 */
const RESPONSE_GRACE_MS = 1_000;
const IDLE_TIMEOUT_MS = 60_000;
/**
 * Idle time in ms after which TCP checks that the server still exists. A migration has no other timeout, so it would wait for a lost server
 * for ever without this check.
 */
const KEEP_ALIVE_DELAY_MS = 30_000;
/** Age in seconds after which a connection is replaced, because the host name may now resolve to another server. */
const MAX_CONNECTION_AGE_SECONDS = 1_800;
/**
 * The maximum number of statements that a session prepares. Further statements would run unprepared, but this library has fewer statements.
 */
const MAX_PREPARED_STATEMENTS = 500;

const INT8_OID = 20;
/** Parses `int8` values as numbers. This is safe, because sequence numbers and milliseconds stay far below 2^53. */
const typeParsers: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text'): unknown =>
    oid === INT8_OID ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

export class PostgresPool {
  /** The URL without its password: `postgres://user@host:5432/database`. */
  readonly redactedUrl: string;
  readonly responseTimeoutMs: number | undefined;
  private readonly pool: pg.Pool;
  private readonly queue: ConnectionQueue;
  private readonly connectTimeoutMs: number;
  private readonly statementNames = new Map<string, string>();
  private readonly configuredClients = new WeakSet<pg.PoolClient>();
  private readonly checkedClients = new WeakSet<pg.PoolClient>();
  private readonly sessionSettings: string;
  private checkConnection: ((connection: PostgresConnection) => Promise<{ isFinal: boolean }>) | undefined;

  constructor(url: string, connections: number, { connectMs, statementMs, idleTransactionMs }: PoolTimeouts) {
    this.redactedUrl = redactUrl(url);
    this.queue = new ConnectionQueue(connections);
    this.connectTimeoutMs = connectMs;
    this.responseTimeoutMs = statementMs === undefined ? undefined : statementMs + RESPONSE_GRACE_MS;
    this.sessionSettings = `set statement_timeout = ${statementMs ?? 0}; set idle_in_transaction_session_timeout = ${idleTransactionMs}`;
    this.pool = new pg.Pool({
      connectionString: url,
      types: typeParsers,
      max: connections,
      connectionTimeoutMillis: connectMs,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
      maxLifetimeSeconds: MAX_CONNECTION_AGE_SECONDS,
      pipeline: true,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS,
      fallback_application_name: APPLICATION_NAME,
    });
    // The pool replaces an idle connection that breaks. Without this error handler, the error of such a connection would end the process.
    this.pool.on('error', () => undefined);
    this.pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /**
   * Registers a check that runs before each use of a connection until its result is final. If the check throws, the connection is closed.
   */
  onNewConnection(check: (connection: PostgresConnection) => Promise<{ isFinal: boolean }>): void {
    this.checkConnection = check;
  }

  /**
   * Waits for a connection.
   * @throws StoreUnavailableError when no connection can be opened in time
   * @throws StoreChangedError when the check of a new connection fails
   */
  async connect(purpose: ConnectionPurpose): Promise<PostgresConnection> {
    let leaveQueue = () => {};
    try {
      leaveQueue = await this.queue.acquire(purpose, this.connectTimeoutMs);
      const client = await this.pool.connect();
      const connection = new PostgresConnection(this, client, leaveQueue);
      await this.prepare(client, connection);
      return connection;
    } catch (error) {
      leaveQueue();
      throw error instanceof StoreChangedError || error instanceof StoreUnavailableError
        ? error
        : this.toUnavailableError(error);
    }
  }

  /**
   * Sets the timeouts of a new session, and runs the check of `onNewConnection` before the first use. The settings are not sent with the
   * connection request, because a pooler such as PgBouncer rejects a request with settings that it does not support.
   */
  private async prepare(client: pg.PoolClient, connection: PostgresConnection): Promise<void> {
    try {
      if (!this.configuredClients.has(client)) await connection.query(this.sessionSettings, []);
      this.configuredClients.add(client);
      if (!this.checkConnection || this.checkedClients.has(client)) return;
      const { isFinal } = await this.checkConnection(connection);
      if (isFinal) this.checkedClients.add(client);
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  /**
   * Runs one statement outside of a transaction.
   * @throws StoreUnavailableError when the database is unavailable
   */
  async query<R>(
    text: string,
    values: readonly unknown[],
    purpose: ConnectionPurpose = 'other',
  ): Promise<R[]> {
    const connection = await this.connect(purpose);
    try {
      return (await connection.query<R>(text, values)).rows ?? [];
    } finally {
      connection.release();
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  toUnavailableError(error: unknown): StoreUnavailableError {
    return new StoreUnavailableError(this.redactedUrl, getErrorMessage(error), error);
  }

  /** Returns the name under which every session prepares the statement. The result is `undefined` when the statement is not prepared. */
  getStatementName(text: string): string | undefined {
    let name = this.statementNames.get(text);
    if (name === undefined && this.statementNames.size < MAX_PREPARED_STATEMENTS) {
      name = `tributary_${this.statementNames.size}`;
      this.statementNames.set(text, name);
    }
    return name;
  }
}

/**
 * Returns a PostgreSQL URL without its password.
 * @throws Error when the URL cannot be parsed
 */
export function redactUrl(url: string): string {
  const { user, host, port, database } = parseUrl(url);
  const address = host.startsWith('/') ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return `postgres://${user ?? ''}@${address}/${database ?? ''}`;
}

/**
 * Parses a URL.
 * @throws Error when the URL is invalid. The error of the driver is not used: its message is only "Invalid URL". The message must not
 * contain the URL, which can contain a password
 */
function parseUrl(url: string): pg.Client {
  try {
    return new pg.Client({ connectionString: url });
  } catch {
    throw new Error(
      'the URL of PostgreSQL cannot be read; expected postgres://USER:PASSWORD@HOST/DATABASE, with %40 for @, %3A for :, %2F for /, %23 for # and so on in the password',
    );
  }
}
