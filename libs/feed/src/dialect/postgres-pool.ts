/** Connection pool for one PostgreSQL server. It prepares statements and replaces broken connections. */
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely';
import pg from 'pg';
import { StoreUnavailableError } from '../errors.js';
import { isUnavailable, reasonOf } from './postgres-errors.js';

export interface PoolLimits {
  /** Maximum number of connections. */
  connections: number;
  /** Timeout in milliseconds for one statement, and for the wait for a connection. */
  statementTimeout: number;
}

/** `application_name` of this library's sessions in `pg_stat_activity`. */
export const APPLICATION = 'tributary';

/** Extra time after the server's own statement timeout. Then the client gives up, because the server may be unreachable. Milliseconds. */
const GRACE = 1_000;
const IDLE = 60_000;
/** A connection is replaced after this time, because the host name may resolve to another server by then. Seconds. */
const LIFETIME = 1_800;
/** Limits the plans that a session keeps. This library has fewer statements. */
const MOST_PREPARED = 500;

const INT8 = 20;
/** Parses `int8` as a number. Sequence numbers and milliseconds stay far below 2^53. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text'): unknown =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

export class PostgresPool {
  /** The URL without its password: `postgres://user@host:5432/database`. */
  readonly name: string;
  private readonly pool: pg.Pool;
  private readonly names = new Map<string, string>();

  constructor(url: string, { connections, statementTimeout }: PoolLimits) {
    this.name = shownUrl(url);
    this.pool = new pg.Pool({
      connectionString: url,
      types,
      max: connections,
      connectionTimeoutMillis: statementTimeout,
      statement_timeout: statementTimeout,
      query_timeout: statementTimeout + GRACE,
      // Ends a transaction whose process is paused, because its locks would block other writers of the feed.
      idle_in_transaction_session_timeout: statementTimeout,
      idleTimeoutMillis: IDLE,
      maxLifetimeSeconds: LIFETIME,
      keepAlive: true,
      fallback_application_name: APPLICATION,
    });
    // The pool replaces an idle connection that breaks. Without these handlers its error would end the process.
    this.pool.on('error', () => undefined);
    this.pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** @throws StoreUnavailableError */
  async connect(): Promise<PostgresConnection> {
    try {
      return new PostgresConnection(this, await this.pool.connect());
    } catch (error) {
      throw this.unavailable(error);
    }
  }

  /** Runs one statement outside a transaction. @throws StoreUnavailableError */
  async query<R>(text: string, values: readonly unknown[]): Promise<R[]> {
    const connection = await this.connect();
    try {
      return (await connection.query<R>(text, values)).rows ?? [];
    } finally {
      connection.release();
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  unavailable(error: unknown): StoreUnavailableError {
    return new StoreUnavailableError(this.name, reasonOf(error), error);
  }

  /** Returns the name under which every session prepares the statement; `undefined` when it is not prepared. */
  nameOf(text: string): string | undefined {
    let name = this.names.get(text);
    if (name === undefined && this.names.size < MOST_PREPARED) {
      name = `tributary_${this.names.size}`;
      this.names.set(text, name);
    }
    return name;
  }
}

export class PostgresConnection implements DatabaseConnection {
  private broken = false;

  constructor(
    private readonly pool: PostgresPool,
    private readonly client: pg.PoolClient,
  ) {}

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, rowCount } = await this.query<R>(sql, parameters);
    // For several statements the driver returns a list of results, whose rows are not used.
    return { rows: rows ?? [], numAffectedRows: BigInt(rowCount ?? 0) };
  }

  async query<R>(
    text: string,
    values: readonly unknown[],
  ): Promise<{ rows?: R[]; rowCount?: number | null }> {
    // A query without parameters may contain several statements, which cannot be prepared.
    const name = values.length > 0 ? this.pool.nameOf(text) : undefined;
    const query = { text, values: values.map(storable), ...(name !== undefined && { name }) };
    try {
      const result = await this.client.query<R & pg.QueryResultRow>(query);
      if (text === 'commit' && result.command === 'ROLLBACK') {
        throw new TypeError(
          'a statement of the transaction had failed: it was rolled back instead of committed',
        );
      }
      return result;
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      this.broken = true;
      throw this.pool.unavailable(error);
    }
  }

  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new TypeError('rows are not streamed');
  }

  /** Returns the connection to the pool. A broken connection is closed, because the state of its session is unknown. */
  release(): void {
    this.client.release(this.broken);
  }
}

/** Kysely driver for a pool. The adapter starts transactions itself, because they need their own settings. */
export class PostgresDriver implements Driver {
  constructor(private readonly pool: PostgresPool) {}

  async init(): Promise<void> {}

  acquireConnection(): Promise<DatabaseConnection> {
    return this.pool.connect();
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    (connection as PostgresConnection).release();
  }

  beginTransaction = unused;
  commitTransaction = unused;
  rollbackTransaction = unused;

  destroy(): Promise<void> {
    return this.pool.close();
  }
}

async function unused(): Promise<never> {
  throw new TypeError('transactions begin with write(), durably() or exclusively()');
}

/** Replaces U+0000 by U+FFFD, because PostgreSQL's `text` cannot store it. */
function storable(value: unknown): unknown {
  if (typeof value === 'string') return value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value;
  return Array.isArray(value) ? value.map(storable) : value;
}

/** Returns a PostgreSQL URL without its password. @throws Error when the URL cannot be parsed */
export function shownUrl(url: string): string {
  const { user, host, port, database } = readUrl(url);
  const address = host.startsWith('/') ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return `postgres://${user ?? ''}@${address}/${database ?? ''}`;
}

/** Parses a URL. The driver's own message is only "Invalid URL", and the message must not contain the URL. */
function readUrl(url: string): pg.Client {
  try {
    return new pg.Client({ connectionString: url });
  } catch {
    throw new Error(
      'the URL of PostgreSQL cannot be read; expected postgres://USER:PASSWORD@HOST/DATABASE, with %40 for @, %3A for :, %2F for /, %23 for # and so on in the password',
    );
  }
}
