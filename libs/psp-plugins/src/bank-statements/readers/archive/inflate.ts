/** Errors of zlib as errors of the file. */
import { StatementError } from '../../statements/statement.types.js';

/** Maximum size of all files in an archive together, unpacked. An archive is unpacked as a whole. */
export const MAX_UNPACKED_BYTES = 64 << 20;

/** @throws StatementError instead of an error of zlib */
export function inflate(run: () => Buffer): Buffer {
  try {
    return run();
  } catch (error) {
    // A RangeError of zlib. Its code is compared, because it may be of another realm than this module.
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
