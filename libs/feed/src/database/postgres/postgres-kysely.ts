/** Creates Kysely query builders for a pool, and for one connection of the pool. */
import {
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type Driver,
} from 'kysely';
import type { ConnectionPurpose } from '../database-adapter.js';
import type { Schema } from '../schema.js';
import type { PostgresConnection } from './postgres-connection.js';
import type { PostgresPool } from './postgres-pool.js';

/** Creates a query builder that takes a connection of the pool for each statement. */
export function createKysely(pool: PostgresPool, purpose: ConnectionPurpose): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: createDialect(pool, purpose) });
}

/**
 * Creates a function that returns a query builder for one connection. The builder sends a statement at once, even if earlier statements
 * have no response yet. Kysely's own `connection()` would wait for each response.
 */
export function createConnectionBinder(
  pool: PostgresPool,
  purpose: ConnectionPurpose,
): (connection: PostgresConnection) => Kysely<Schema> {
  const dialect = createDialect(pool, purpose);
  const driver = dialect.createDriver();
  const executor = new Kysely<Schema>({ dialect }).getExecutor();
  return (connection) =>
    new Kysely<Schema>({
      config: { dialect },
      dialect,
      driver,
      executor: executor.withConnectionProvider({ provideConnection: (consume) => consume(connection) }),
    });
}

function createDialect(pool: PostgresPool, purpose: ConnectionPurpose): Dialect {
  return {
    createDriver: () => new PostgresDriver(pool, purpose),
    createAdapter: () => new PostgresAdapter(),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createIntrospector: (db) => new PostgresIntrospector(db),
  };
}

/** The Kysely driver for a pool. It does not start transactions: the adapter starts them itself, because they need their own settings. */
class PostgresDriver implements Driver {
  constructor(
    private readonly pool: PostgresPool,
    private readonly purpose: ConnectionPurpose,
  ) {}

  async init(): Promise<void> {}

  acquireConnection(): Promise<DatabaseConnection> {
    return this.pool.connect(this.purpose);
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    (connection as PostgresConnection).release();
  }

  beginTransaction = rejectTransactionCall;
  commitTransaction = rejectTransactionCall;
  rollbackTransaction = rejectTransactionCall;

  destroy(): Promise<void> {
    return this.pool.close();
  }
}

async function rejectTransactionCall(): Promise<never> {
  throw new TypeError(
    'transactions begin with transaction(), durableTransaction() or migrationTransaction()',
  );
}
