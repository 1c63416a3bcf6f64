/** A set of API keys that are valid for one connector, or for the operator's pages. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { hashKey, LONGEST_KEY } from './key.js';
import type { ApiKey, Scope } from './scope.js';

const BEARER = /^bearer +([\x21-\x7e]+) *$/i;

/** Finds the scopes of an API key in constant time. */
export class KeyRing {
  private readonly keys: readonly ApiKey[];

  constructor(keys: readonly ApiKey[]) {
    // An empty set gets one random hash, so that it needs as much time as a set with one key.
    this.keys = keys.length > 0 ? keys : [{ hash: randomBytes(32), scopes: [] }];
  }

  /**
   * Returns the scopes of the key in an `Authorization` header. It always hashes once and compares with every key, so that the
   * duration does not reveal how similar a key was.
   * @param authorization value of the header, e.g. `Bearer trb_…`
   * @returns the scopes; `undefined` when the header has no key of this set
   */
  scopesOf(authorization: string | undefined): readonly Scope[] | undefined {
    const key = bearerKey(authorization);
    const sent = hashKey(key ?? '');
    let found: readonly Scope[] | undefined;
    for (const { hash, scopes } of this.keys) found = timingSafeEqual(hash, sent) ? scopes : found;
    return key === undefined ? undefined : found;
  }
}

/** A set that accepts no key. It protects paths at which there is no connector. */
export const NO_KEYS = new KeyRing([]);

function bearerKey(authorization: string | undefined): string | undefined {
  const key = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
  return key === undefined || key.length > LONGEST_KEY ? undefined : key;
}
