/** Reads the identity of the PostgreSQL server and of the store on one connection. */
import type { Selectable } from 'kysely';
import type { ConnectionState } from '../database-adapter.js';
import { toStoreIdentity } from '../../identity/store-identity.js';
import type { DatabaseServerIdentity } from '../../identity/database-server-identity.js';
import type { StoreIdentityTable } from '../schema.js';
import { getSqlState } from './postgres-errors.js';

/** The method of a pool or a connection that the functions of this file need. */
interface Queryable {
  query<R>(text: string, values: readonly unknown[]): Promise<readonly R[] | { rows?: R[] }>;
}

/**
 * Reads the identity of the server. The timeline is read from the first eight hexadecimal digits of a WAL file's name, because
 * `pg_control_checkpoint()` reports a new timeline only after the next checkpoint. Source: PostgreSQL documentation, "System Administration
 * Functions".
 */
const SERVER_QUERY = `
select system_identifier::text || '/' || (select oid from pg_database where datname = current_database()) as database,
       case when not pg_is_in_recovery()
            then ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::bigint end as timeline
  from pg_control_system()`;

/** The SQLSTATEs of two cases: the user may not call the functions, or a PostgreSQL-compatible database does not have them. */
const NOT_SUPPORTED_SQLSTATES: readonly string[] = ['42501', '42883', '0A000'];
const UNDEFINED_TABLE_SQLSTATE = '42P01';

interface ServerRow {
  database: string;
  /** The timeline is `null` while the server is in recovery. */
  timeline: number | null;
}

/** Returns the identity of the server. The result is `undefined` when the server is in recovery, or when the identity cannot be read. */
export async function findServerIdentity(connection: Queryable): Promise<DatabaseServerIdentity | undefined> {
  return toServerIdentity(await readServer(connection));
}

async function readServer(connection: Queryable): Promise<ServerRow | undefined> {
  const [row] = (await queryUnless<ServerRow>(connection, SERVER_QUERY, NOT_SUPPORTED_SQLSTATES)) ?? [];
  return row;
}

function toServerIdentity(row: ServerRow | undefined): DatabaseServerIdentity | undefined {
  return row && row.timeline !== null ? { database: row.database, timeline: row.timeline } : undefined;
}

export async function readConnectionState(connection: Queryable): Promise<ConnectionState> {
  const rows = await queryUnless<Selectable<StoreIdentityTable>>(connection, 'select * from store_identity', [
    UNDEFINED_TABLE_SQLSTATE,
  ]);
  const [row] = rows ?? [];
  const server = await readServer(connection);
  return {
    identity: row && toStoreIdentity(row),
    server: toServerIdentity(server),
    isInRecovery: server !== undefined && server.timeline === null,
    markLoss: async (reason) => {
      await connection.query('update store_identity set loss_found = $1, epoch = epoch + 1', [reason]);
    },
  };
}

/**
 * Runs a query.
 * @returns `undefined` when the query fails with one of these SQLSTATEs
 */
async function queryUnless<R>(
  connection: Queryable,
  text: string,
  sqlStates: readonly string[],
): Promise<readonly R[] | undefined> {
  try {
    const result = await connection.query<R>(text, []);
    return 'rows' in result ? (result.rows ?? []) : (result as readonly R[]);
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    if (sqlStates.includes(getSqlState(cause) ?? '')) return undefined;
    throw error;
  }
}
