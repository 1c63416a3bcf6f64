/** Names the reader of a request: each API key is one reader. The store keeps under this name what the reader knows. */
import { hash } from 'node:crypto';
import { hashApiKey } from './api-key.js';
import { parseBearerKey } from './api-key-set.js';

const READER_ID_LENGTH = 32;
/** Reader of requests without an API key. Only servers without authorization answer them. */
const ANONYMOUS_READER = 'anonymous';

/**
 * Returns the id of the reader that sent an `Authorization` header. It is derived from the key's SHA-256, which the deployment file may hold
 * instead of the key, and reveals neither the key nor its hash.
 */
export function deriveReaderId(authorization: string | undefined): string {
  const key = parseBearerKey(authorization);
  return key === undefined ? ANONYMOUS_READER : deriveReaderIdFromHash(hashApiKey(key));
}

/** Returns the id of the reader with this API key. @param keyHash SHA-256 of the key, as the deployment keeps it */
export function deriveReaderIdFromHash(keyHash: Buffer): string {
  return hash('sha256', `reader ${keyHash.toString('hex')}`).slice(0, READER_ID_LENGTH);
}
