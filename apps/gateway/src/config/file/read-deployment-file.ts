/** Reads the deployment file as text. The number of bytes is limited, so that an endless device, e.g. /dev/zero, cannot exhaust memory. */
import { closeSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError } from './config-problems.js';
import { getFileErrorMessage } from './references.js';

/**
 * The maximum size of the file in bytes. A larger file is rejected. The limit is larger than any file with the maximum number of values
 * that the reader accepts.
 */
const MAX_DEPLOYMENT_FILE_BYTES = 4 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

/**
 * Reads the file. Pipes are allowed, e.g. the process substitution of a shell.
 * @throws ConfigError if the file cannot be read, is too large, or is not UTF-8
 */
export function readDeploymentFile(file: string): string {
  const bytes = readBytes(file);
  if (bytes.length > MAX_DEPLOYMENT_FILE_BYTES) {
    throw createReadError(
      file,
      `the file has more than ${MAX_DEPLOYMENT_FILE_BYTES} bytes; expected a deployment file of at most that size`,
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw createReadError(file, 'the file is not UTF-8 text; save it as UTF-8');
  }
}

function readBytes(file: string): Buffer {
  try {
    return readAtMost(file, MAX_DEPLOYMENT_FILE_BYTES + 1);
  } catch (error) {
    throw createReadError(
      file,
      `cannot be read: ${getFileErrorMessage(error)} (${resolve(file)}). Name it with --config FILE`,
    );
  }
}

function readAtMost(file: string, maxBytes: number): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const chunks: Buffer[] = [];
    for (let total = 0; total < maxBytes;) {
      const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, maxBytes - total));
      const length = readSync(descriptor, chunk);
      if (length === 0) break;
      chunks.push(chunk.subarray(0, length));
      total += length;
    }
    return Buffer.concat(chunks);
  } finally {
    closeSync(descriptor);
  }
}

function createReadError(file: string, text: string): ConfigError {
  return new ConfigError(file, [{ path: [], text }]);
}
