/** What SQLite's errors mean to us. Source: sqlite.org, "Result and Error Codes". */
import { StoreUnavailableError } from '../errors.js';

/** Of what has nothing to do with the statement: it works again once somebody makes room, lets go of the file or gives it back. */
const UNAVAILABLE: readonly string[] = [
  'SQLITE_BUSY', // another process holds the lock
  'SQLITE_FULL', // so is the disk
  'SQLITE_IOERR',
  'SQLITE_READONLY',
  'SQLITE_CANTOPEN',
  'SQLITE_NOMEM',
];

/** @param file that the store is in. @returns the error as the rest of this room knows it */
export function translated(error: unknown, file: string): unknown {
  const code = codeOf(error);
  if (!UNAVAILABLE.some((known) => code.startsWith(known))) return error;
  return new StoreUnavailableError(file, error instanceof Error ? error.message : code, error);
}

export function isBusy(error: unknown): boolean {
  return codeOf(error instanceof StoreUnavailableError ? error.cause : error).startsWith('SQLITE_BUSY');
}

/** By its code: the classes are others where the driver was loaded twice, e.g. in two contexts of one process. */
function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
