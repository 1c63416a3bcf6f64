/** Classifies SQLite's errors. Source: sqlite.org, "Result and Error Codes". */
import { StoreUnavailableError } from '../store-errors.js';

/**
 * The codes of errors that the statement did not cause. The same statement succeeds when the disk has space again, or when the file is
 * accessible again.
 */
const UNAVAILABLE_CODES: readonly string[] = [
  'SQLITE_BUSY', // Another process has the lock.
  'SQLITE_FULL', // The disk is full.
  'SQLITE_IOERR',
  'SQLITE_READONLY',
  'SQLITE_CANTOPEN',
  'SQLITE_NOMEM',
];

/**
 * Converts an error of the driver.
 * @param file path of the database file
 * @returns a StoreUnavailableError if the store is unavailable, otherwise the error itself
 */
export function toStoreError(error: unknown, file: string): unknown {
  const code = getErrorCode(error);
  if (!UNAVAILABLE_CODES.some((known) => code.startsWith(known))) return error;
  // The property is read without `instanceof Error`, because the native driver can create errors of another realm.
  const message = (error as { message?: unknown }).message;
  return new StoreUnavailableError(file, typeof message === 'string' ? message : code, error);
}

export function isLockedByOtherProcess(error: unknown): boolean {
  return getErrorCode(error instanceof StoreUnavailableError ? error.cause : error).startsWith('SQLITE_BUSY');
}

/**
 * Returns the error code. `instanceof` is not used, because it fails when the driver was loaded twice, e.g. in two contexts of one process.
 */
function getErrorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
