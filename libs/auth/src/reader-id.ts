/**
 * Derives the id of the reader of a request. A reader is one API key as a client of the feeds. The database stores the state of each reader
 * under this id.
 */
import { hash } from 'node:crypto';
import { hashApiKey } from './api-key.js';
import { parseBearerKey } from './api-key-set.js';

const READER_ID_LENGTH = 32;
/** The reader of requests without an API key. Only a server without authorization accepts such requests. */
const ANONYMOUS_READER = 'anonymous';

/**
 * Returns the id of the reader that sent an `Authorization` header. The id is derived from the key's SHA-256, because the deployment file
 * may contain only the hash. The id reveals neither the key nor its hash.
 */
export function deriveReaderId(authorization: string | undefined): string {
  const key = parseBearerKey(authorization);
  return key === undefined ? ANONYMOUS_READER : deriveReaderIdFromHash(hashApiKey(key));
}

/**
 * Returns the id of the reader with this API key.
 * @param keyHash the SHA-256 of the key, as in the deployment file
 */
export function deriveReaderIdFromHash(keyHash: Buffer): string {
  return hash('sha256', `reader ${keyHash.toString('hex')}`).slice(0, READER_ID_LENGTH);
}
