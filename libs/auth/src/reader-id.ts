/** Derives the name of the reader of a request: each API key is one reader. The store saves the state of each reader under this name. */
import { hash } from 'node:crypto';
import { hashApiKey } from './api-key.js';
import { parseBearerKey } from './api-key-set.js';

const READER_ID_LENGTH = 32;
/** Reader of requests without an API key. Only servers without authorization accept such requests. */
const ANONYMOUS_READER = 'anonymous';

/**
 * Returns the id of the reader that sent an `Authorization` header. The id is derived from the key's SHA-256, because the deployment file
 * may contain only the hash. The id reveals neither the key nor its hash.
 */
export function deriveReaderId(authorization: string | undefined): string {
  const key = parseBearerKey(authorization);
  return key === undefined ? ANONYMOUS_READER : deriveReaderIdFromHash(hashApiKey(key));
}

/** Returns the id of the reader with this API key. @param keyHash SHA-256 of the key, as stored in the deployment */
export function deriveReaderIdFromHash(keyHash: Buffer): string {
  return hash('sha256', `reader ${keyHash.toString('hex')}`).slice(0, READER_ID_LENGTH);
}
