/** A set of API keys that are valid for one connector, or for the operator API. */
import { randomBytes } from 'node:crypto';
import { MAX_KEY_LENGTH } from './api-key.js';
import { findKey } from './find-key.js';
import type { ApiKey, Scope } from './scope.js';

const BEARER_PATTERN = /^bearer +([\x21-\x7e]+) *$/i;

/** A set of API keys. It finds the scopes of a key in constant time. */
export class ApiKeySet {
  private readonly keys: readonly ApiKey[];

  constructor(keys: readonly ApiKey[]) {
    // An empty set gets one random hash, so that a lookup takes the same time as in a set with one key.
    this.keys = keys.length > 0 ? keys : [{ hash: randomBytes(32), scopes: [] }];
  }

  /**
   * Returns the scopes of the key in an `Authorization` header.
   * @param authorization the value of the header: `Bearer trb_…`
   * @returns the scopes; `undefined` if the header contains no key of this set
   */
  findScopes(authorization: string | undefined): readonly Scope[] | undefined {
    return findKey(this.keys, parseBearerKey(authorization))?.scopes;
  }
}

/** A set that accepts no key. It protects paths that belong to no connector. */
export const EMPTY_KEY_SET = new ApiKeySet([]);

/** Returns the key in an `Authorization` header, or `undefined` if the header contains no key. */
export function parseBearerKey(authorization: string | undefined): string | undefined {
  const key = authorization === undefined ? undefined : BEARER_PATTERN.exec(authorization)?.[1];
  return key === undefined || key.length > MAX_KEY_LENGTH ? undefined : key;
}
