/** Decompresses data, and converts errors of zlib to errors of the file. */
import { StatementError } from '../../statements/statement.types.js';

/** Maximum size of all unpacked files of an archive together. The limit exists because an archive is unpacked in memory. */
export const MAX_UNPACKED_BYTES = 64 << 20;

/** @throws StatementError instead of an error of zlib */
export function inflate(run: () => Buffer): Buffer {
  try {
    return run();
  } catch (error) {
    // zlib throws a RangeError. The code is compared because `instanceof` would fail if the error comes from another realm than this
    // module.
    if (
      typeof error === 'object' &&
      error !== null &&
      'code' in error &&
      error.code === 'ERR_BUFFER_TOO_LARGE'
    )
      failTooLarge();
    throw new StatementError(
      `the archive is broken or incomplete (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}

export function failTooLarge(): never {
  throw new StatementError(
    `the archive has more than ${MAX_UNPACKED_BYTES >> 20} MB unpacked; unpack it and put the files into the directory`,
  );
}
