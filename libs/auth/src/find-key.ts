/** Finds a key among hashes of keys in constant time. */
import { timingSafeEqual } from 'node:crypto';
import { hashApiKey } from './api-key.js';

/**
 * Returns the entry of a key in clear text. The function always computes one hash and compares it with every entry. Its duration therefore
 * does not reveal how similar a wrong key was.
 * @param key `undefined` for a request without a key; the call then takes the same time
 */
export function findKey<Entry extends { hash: Buffer }>(
  entries: readonly Entry[],
  key: string | undefined,
): Entry | undefined {
  const sentHash = hashApiKey(key ?? '');
  let found: Entry | undefined;
  for (const entry of entries) found = timingSafeEqual(entry.hash, sentHash) ? entry : found;
  return key === undefined ? undefined : found;
}
