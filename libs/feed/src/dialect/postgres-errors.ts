/** What PostgreSQL's errors mean to us. Source: PostgreSQL documentation, appendix A, "PostgreSQL Error Codes". */
import pg from 'pg';

/** Classes, or single codes, of what has nothing to do with the statement: it works again once the database does. */
const UNAVAILABLE: readonly string[] = [
  '08', // connection exceptions
  '0A000', // a statement was prepared before a newer release changed its tables: a new session prepares it anew
  '25006', // read-only: a former primary after a failover
  '25P03', // idle in transaction for too long: this process was paused
  '53', // out of memory, disk or connections
  '55P03', // a lock was not to be had in time
  '57', // shutting down, starting up, statement timeout
  '58', // the database's own system
];

/** Of these, what a server says that is coming up, going down, or full. */
const AWAY: readonly string[] = ['08', '53', '57'];

/** Of the system: nobody at the address, no such name yet, no way to it. */
const WAY_IS_BROKEN: readonly string[] = [
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN'],
  // A Unix socket comes with its server.
  'ENOENT',
];
/** Of the driver, whose errors have no code: a server that hangs up while it starts, or falls silent. */
const WAY_WAS_CUT = /^(?:Connection terminated|timeout )/;

/** The transaction met another one; the database asks to run it again. */
const CONFLICT: readonly string[] = ['40001', '40P01'];

/** Two sessions created the same thing at the same moment: `if not exists` does not keep them apart. */
const RACE_OF_CREATION: readonly string[] = ['23505', '42P07', '42710'];

export function isConflict(error: unknown): boolean {
  return CONFLICT.includes(codeOf(error) ?? '');
}

export function isRaceOfCreation(error: unknown): boolean {
  return RACE_OF_CREATION.includes(codeOf(error) ?? '');
}

/**
 * Of errors while a statement runs. What does not come from the server comes from the way to it: the driver has no class for
 * its own errors. Mistakes in our code are of other classes (TypeError, RangeError).
 */
export function isUnavailable(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== undefined) return UNAVAILABLE.some((known) => code.startsWith(known));
  return typeof error === 'object' && error !== null && 'name' in error && error.name === 'Error';
}

/**
 * Of errors while a connection is made: there may be a database later, with nothing changed at our side. One that answers and refuses
 * the user, the password or the name of the database goes on refusing.
 */
export function isAway(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== undefined) return AWAY.some((known) => code.startsWith(known));
  if (typeof error !== 'object' || error === null) return false;
  if ('code' in error) return WAY_IS_BROKEN.includes(String(error.code));
  return WAY_WAS_CUT.test(reasonOf(error));
}

/** A name that resolves to several addresses fails with an error that says nothing itself. */
export function reasonOf(error: unknown): string {
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
  return first instanceof Error ? first.message : String(first);
}

/** SQLSTATE; `undefined` when the error is not the server's. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}
