/** Decompresses data. Errors of zlib are converted to errors of the file. */
import { StatementError } from '../../statements/statement.types.js';

/**
 * The maximum total size in bytes of the unpacked files of an archive. A larger archive is rejected, because archives are unpacked in
 * memory.
 */
export const MAX_UNPACKED_BYTES = 64 << 20;

/**
 * Calls a function of zlib.
 * @throws StatementError if the function of zlib throws
 */
export function inflate(run: () => Buffer): Buffer {
  try {
    return run();
  } catch (error) {
    // zlib throws a RangeError. Its code is compared, because `instanceof` fails if the error comes from another JavaScript realm (in
    // Jest).
    if (
      typeof error === 'object' &&
      error !== null &&
      'code' in error &&
      error.code === 'ERR_BUFFER_TOO_LARGE'
    )
      throwTooLargeError();
    throw new StatementError(
      `the archive is broken or incomplete (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}

export function throwTooLargeError(): never {
  throw new StatementError(
    `the archive has more than ${MAX_UNPACKED_BYTES >> 20} MB unpacked; unpack it and put the files into the directory`,
  );
}
