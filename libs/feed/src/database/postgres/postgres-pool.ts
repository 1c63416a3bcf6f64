/** Connection pool for one PostgreSQL server. It prepares statements and replaces broken connections. */
import pg from 'pg';
import type { ConnectionPurpose } from '../database-adapter.js';
import { StoreChangedError, StoreUnavailableError } from '../store-errors.js';
import { ConnectionQueue } from './connection-queue.js';
import { getErrorMessage } from './postgres-errors.js';
import { PostgresConnection } from './postgres-connection.js';

export interface PoolLimits {
  /** Maximum number of connections. */
  connections: number;
  /** Timeout in milliseconds for one statement, and for the wait for a connection. */
  statementTimeoutMs: number;
}

/** Timeouts of a pool in milliseconds. */
export interface PoolTimeouts {
  /** Timeout for the wait for a connection. */
  connectMs: number;
  /** Timeout for one statement; `undefined` when a statement may take any time. */
  statementMs: number | undefined;
  /** Timeout for an idle transaction. PostgreSQL ends the transaction of a paused process, because its locks would block other writers. */
  idleTransactionMs: number;
}

/** Uses one timeout for connections, statements and idle transactions. */
export function toPoolTimeouts(timeoutMs: number): PoolTimeouts {
  return { connectMs: timeoutMs, statementMs: timeoutMs, idleTransactionMs: timeoutMs };
}

/** `application_name` of this library's sessions in `pg_stat_activity`. */
export const APPLICATION_NAME = 'tributary';

/** Extra time in ms after the server's own statement timeout. After it the client gives up, because the server may be unreachable. */
const RESPONSE_GRACE_MS = 1_000;
const IDLE_TIMEOUT_MS = 60_000;
/** Idle time in ms after which TCP checks that the server still exists. A migration has no other timeout while it waits for the server. */
const KEEP_ALIVE_DELAY_MS = 30_000;
/** Age in seconds after which a connection is replaced, because the host name may then resolve to another server. */
const MAX_CONNECTION_AGE_SECONDS = 1_800;
/** Maximum number of prepared statements of a session. This library has fewer statements. */
const MAX_PREPARED_STATEMENTS = 500;

const INT8_OID = 20;
/** Parses `int8` as a number. Sequence numbers and milliseconds stay far below 2^53. */
const typeParsers: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text'): unknown =>
    oid === INT8_OID ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

export class PostgresPool {
  /** The URL without its password: `postgres://user@host:5432/database`. */
  readonly redactedUrl: string;
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
    this.sessionSettings = `set statement_timeout = ${statementMs ?? 0}; set idle_in_transaction_session_timeout = ${idleTransactionMs}`;
    this.pool = new pg.Pool({
      connectionString: url,
      types: typeParsers,
      max: connections,
      connectionTimeoutMillis: connectMs,
      ...(statementMs === undefined ? {} : { query_timeout: statementMs + RESPONSE_GRACE_MS }),
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
      maxLifetimeSeconds: MAX_CONNECTION_AGE_SECONDS,
      pipeline: true,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS,
      fallback_application_name: APPLICATION_NAME,
    });
    // The pool replaces an idle connection that breaks. Without an error handler, the error of such a connection would end the process.
    this.pool.on('error', () => undefined);
    this.pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /**
   * Registers a check that runs before each use of a connection until its result is final. When the check throws, the connection is closed.
   */
  onNewConnection(check: (connection: PostgresConnection) => Promise<{ isFinal: boolean }>): void {
    this.checkConnection = check;
  }

  /** @throws StoreUnavailableError; StoreChangedError when the check of a new connection failed */
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

  /** Runs one statement outside a transaction. @throws StoreUnavailableError */
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

  /** Returns the name under which every session prepares the statement; `undefined` when it is not prepared. */
  getStatementName(text: string): string | undefined {
    let name = this.statementNames.get(text);
    if (name === undefined && this.statementNames.size < MAX_PREPARED_STATEMENTS) {
      name = `tributary_${this.statementNames.size}`;
      this.statementNames.set(text, name);
    }
    return name;
  }
}

/** Returns a PostgreSQL URL without its password. @throws Error when the URL cannot be parsed */
export function redactUrl(url: string): string {
  const { user, host, port, database } = parseUrl(url);
  const address = host.startsWith('/') ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return `postgres://${user ?? ''}@${address}/${database ?? ''}`;
}

/**
 * Parses a URL. The function throws its own error, because the driver's message is only "Invalid URL" and the message must not contain the
 * URL.
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
