/** Classifies PostgreSQL's errors. Source: PostgreSQL documentation, appendix A, "PostgreSQL Error Codes". */
import pg from 'pg';

/** The SQLSTATE classes and codes of temporary server errors. The same statement succeeds when the database is available again. */
const UNAVAILABLE_SQLSTATES: readonly string[] = [
  '08', // connection errors
  '0A000', // A newer release has changed the tables since the statement was prepared. A new session prepares the statement again.
  '25006', // The server is read-only, because it is the former primary after a failover.
  '25P03', // The server ended a transaction that was idle for too long, because this process was paused.
  '53', // The server has no memory, disk space or connections left.
  '55P03', // The lock could not be acquired in time.
  '57', // The server is shutting down or starting up, or a statement timed out.
  '58', // errors of the database server's operating system
];

/**
 * The code with which PgBouncer rejects a connection that has an unsupported setting. Every further attempt would be rejected, too, so the
 * error is not treated as temporary.
 */
const PROTOCOL_VIOLATION_SQLSTATE = '08P01';

/** The SQLSTATE classes of a server that starts, stops, or has no free connections. */
const SERVER_NOT_READY_SQLSTATES: readonly string[] = ['08', '53', '57'];

/** The error codes of the operating system when there is no server at the address, the host name is unknown, or there is no route. */
const NETWORK_ERROR_CODES: readonly string[] = [
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN'],
  // ENOENT means that the server is not running: the file of its Unix socket exists only while it runs.
  'ENOENT',
];
/** Matches messages of driver errors, which have no code. The server closed the connection during its start, or does not respond. */
const CONNECTION_DROPPED_PATTERN = /^(?:Connection terminated|timeout )/;

/** The codes of a serialization failure and a deadlock. The transaction must run again. */
const SERIALIZATION_FAILURE_SQLSTATES: readonly string[] = ['40001', '40P01'];

/**
 * The codes that occur when two sessions create the same object at the same time. The clause `if not exists` does not prevent this error.
 */
const CONCURRENT_CREATE_SQLSTATES: readonly string[] = ['23505', '42P07', '42710'];

export function isSerializationFailure(error: unknown): boolean {
  return SERIALIZATION_FAILURE_SQLSTATES.includes(getSqlState(error) ?? '');
}

export function isConcurrentCreate(error: unknown): boolean {
  return CONCURRENT_CREATE_SQLSTATES.includes(getSqlState(error) ?? '');
}

/**
 * Returns true if a statement failed because the database is unavailable. An error without SQLSTATE counts as a connection error if it is a
 * plain `Error`, because the driver has no class for its own errors. Programming errors have other classes (TypeError, RangeError).
 */
export function isUnavailable(error: unknown): boolean {
  const code = getSqlState(error);
  if (code !== undefined) return UNAVAILABLE_SQLSTATES.some((known) => code.startsWith(known));
  return typeof error === 'object' && error !== null && 'name' in error && error.name === 'Error';
}

/**
 * Returns true if a connection attempt failed, but a later attempt can succeed although nothing changes in this process. A wrong user,
 * password or database name is rejected at every attempt, so the result is then false.
 */
export function isServerUnreachable(error: unknown): boolean {
  const code = getSqlState(error);
  if (code === PROTOCOL_VIOLATION_SQLSTATE) return false;
  if (code !== undefined) return SERVER_NOT_READY_SQLSTATES.some((known) => code.startsWith(known));
  if (typeof error !== 'object' || error === null) return false;
  if ('code' in error) return NETWORK_ERROR_CODES.includes(String(error.code));
  return CONNECTION_DROPPED_PATTERN.test(getErrorMessage(error));
}

/** Returns the message of an error. If a host name has several addresses, the error is an AggregateError without a message of its own. */
export function getErrorMessage(error: unknown): string {
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
  return first instanceof Error ? first.message : String(first);
}

/** Returns the SQLSTATE of an error. The result is `undefined` when the error does not come from the server. */
export function getSqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}
