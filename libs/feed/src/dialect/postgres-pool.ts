/** Connections to one PostgreSQL: limited, prepared, and replaced by themselves when they break. */
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely';
import pg from 'pg';
import { StoreUnavailableError } from '../errors.js';
import { isUnavailable, reasonOf } from './postgres-errors.js';

export interface PoolLimits {
  /** Connections at most. */
  connections: number;
  /** Milliseconds for one statement; whoever waits longer for a connection gets an error, too. */
  statementTimeout: number;
}

/** How the database knows our sessions. */
export const APPLICATION = 'tributary';

/** How much longer than the server's own limit we wait for its word that a statement took too long: it may be out of reach. */
const GRACE = 1_000;
const IDLE = 60_000;
/** After so long a connection is made anew: behind a name there may be another server by now. Seconds. */
const LIFETIME = 1_800;
/** Statements of ours are fewer; a session must not collect plans without end. */
const MOST_PREPARED = 500;

const INT8 = 20;
/** Sequence numbers and milliseconds stay far below 2^53. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text'): unknown =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

export class PostgresPool {
  /** `postgres://user@host:5432/database`: what may be shown of the URL. */
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
      // Whoever began a transaction and fell silent, e.g. because the process was paused, keeps others from its feed.
      idle_in_transaction_session_timeout: statementTimeout,
      idleTimeoutMillis: IDLE,
      maxLifetimeSeconds: LIFETIME,
      keepAlive: true,
      fallback_application_name: APPLICATION,
    });
    // A connection that breaks while nobody uses it is replaced when somebody needs one; without these, it would end the process.
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

  /** One statement outside a transaction. @throws StoreUnavailableError */
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

  /** Under which every session prepares the statement; `undefined` for one that is run as it is. */
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
    // Of several statements the driver gives a list of results; nobody asks for their rows.
    return { rows: rows ?? [], numAffectedRows: BigInt(rowCount ?? 0) };
  }

  async query<R>(
    text: string,
    values: readonly unknown[],
  ): Promise<{ rows?: R[]; rowCount?: number | null }> {
    // Without parameters it may be several statements, which cannot be prepared.
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

  /** Nobody knows in which state the session of a broken connection is: it is not used again. */
  release(): void {
    this.client.release(this.broken);
  }
}

/** Connections for Kysely's query builder. Transactions are begun by ourselves: they need settings of their own. */
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

/** PostgreSQL has no U+0000 in a text. */
function storable(value: unknown): unknown {
  if (typeof value === 'string') return value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value;
  return Array.isArray(value) ? value.map(storable) : value;
}

/** @throws Error when it is no URL of PostgreSQL's */
export function shownUrl(url: string): string {
  const { user, host, port, database } = readUrl(url);
  const address = host.startsWith('/') ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return `postgres://${user ?? ''}@${address}/${database ?? ''}`;
}

/** The driver only says "Invalid URL", and the URL itself must not be shown. */
function readUrl(url: string): pg.Client {
  try {
    return new pg.Client({ connectionString: url });
  } catch {
    throw new Error(
      'the URL of PostgreSQL cannot be read; expected postgres://USER:PASSWORD@HOST/DATABASE, with %40 for @, %3A for :, %2F for /, %23 for # and so on in the password',
    );
  }
}
