/** Classifies PostgreSQL's errors. Source: PostgreSQL documentation, appendix A, "PostgreSQL Error Codes". */
import pg from 'pg';

/** SQLSTATE classes and codes of transient server errors. The same statement succeeds when the database is available again. */
const UNAVAILABLE_SQLSTATES: readonly string[] = [
  '08', // connection exceptions
  '0A000', // A newer release changed the tables after the statement was prepared. A new session prepares it again.
  '25006', // read-only: a former primary after a failover
  '25P03', // The transaction was idle for too long, because this process was paused.
  '53', // out of memory, disk or connections
  '55P03', // The lock could not be acquired in time.
  '57', // shutting down, starting up, statement timeout
  '58', // errors of the database's operating system
];

/**
 * PgBouncer rejects a connection with this code when the connection has a setting that PgBouncer does not support. It would reject every
 * further attempt, too.
 */
const PROTOCOL_VIOLATION_SQLSTATE = '08P01';

/** SQLSTATE classes of a server that starts, stops, or has no free connections. */
const SERVER_NOT_READY_SQLSTATES: readonly string[] = ['08', '53', '57'];

/** Operating-system error codes: no server at the address, unknown host name, no route. */
const NETWORK_ERROR_CODES: readonly string[] = [
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN'],
  // ENOENT: the file of a Unix socket exists only while its server runs.
  'ENOENT',
];
/** Messages of driver errors, which have no code: the server closed the connection during startup, or does not respond. */
const CONNECTION_DROPPED_PATTERN = /^(?:Connection terminated|timeout )/;

/** Serialization failure and deadlock: the transaction must run again. */
const SERIALIZATION_FAILURE_SQLSTATES: readonly string[] = ['40001', '40P01'];

/** Two sessions created the same object at the same time. `if not exists` does not prevent this. */
const CONCURRENT_CREATE_SQLSTATES: readonly string[] = ['23505', '42P07', '42710'];

export function isSerializationFailure(error: unknown): boolean {
  return SERIALIZATION_FAILURE_SQLSTATES.includes(getSqlState(error) ?? '');
}

export function isConcurrentCreate(error: unknown): boolean {
  return CONCURRENT_CREATE_SQLSTATES.includes(getSqlState(error) ?? '');
}

/**
 * Classifies an error of a running statement. An error without SQLSTATE is a connection error when it is a plain `Error`, because the
 * driver has no class for its own errors. Programming errors have other classes (TypeError, RangeError).
 */
export function isUnavailable(error: unknown): boolean {
  const code = getSqlState(error);
  if (code !== undefined) return UNAVAILABLE_SQLSTATES.some((known) => code.startsWith(known));
  return typeof error === 'object' && error !== null && 'name' in error && error.name === 'Error';
}

/**
 * Classifies an error of a connection attempt. Returns true when a later attempt can succeed although nothing changes in this process. A
 * wrong user, password or database name is rejected at every attempt, so the result is then false.
 */
export function isServerUnreachable(error: unknown): boolean {
  const code = getSqlState(error);
  if (code === PROTOCOL_VIOLATION_SQLSTATE) return false;
  if (code !== undefined) return SERVER_NOT_READY_SQLSTATES.some((known) => code.startsWith(known));
  if (typeof error !== 'object' || error === null) return false;
  if ('code' in error) return NETWORK_ERROR_CODES.includes(String(error.code));
  return CONNECTION_DROPPED_PATTERN.test(getErrorMessage(error));
}

/** Returns the message of an error. When a host name has several addresses, the error is an AggregateError without a message. */
export function getErrorMessage(error: unknown): string {
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
  return first instanceof Error ? first.message : String(first);
}

/** Returns the SQLSTATE; `undefined` when the error does not come from the server. */
export function getSqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}
