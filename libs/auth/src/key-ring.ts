/** The keys that open one connector, or the operator's pages. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { hashKey, LONGEST_KEY } from './key.js';
import type { ApiKey, Scope } from './scope.js';

const BEARER = /^bearer +([\x21-\x7e]+) *$/i;

export class KeyRing {
  private readonly keys: readonly ApiKey[];

  constructor(keys: readonly ApiKey[]) {
    // A ring without keys takes as long to say no as one with a key.
    this.keys = keys.length > 0 ? keys : [{ hash: randomBytes(32), scopes: [] }];
  }

  /**
   * Always hashes once and compares with every key: how long it takes says nothing about which key was close.
   * @param authorization the header's value
   * @returns what the key may do; `undefined` when it is none of this ring
   */
  scopesOf(authorization: string | undefined): readonly Scope[] | undefined {
    const key = bearerKey(authorization);
    const sent = hashKey(key ?? '');
    let found: readonly Scope[] | undefined;
    for (const { hash, scopes } of this.keys) found = timingSafeEqual(hash, sent) ? scopes : found;
    return key === undefined ? undefined : found;
  }
}

/** Opened by nothing: what an address that is no connector is guarded with. */
export const NO_KEYS = new KeyRing([]);

function bearerKey(authorization: string | undefined): string | undefined {
  const key = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
  return key === undefined || key.length > LONGEST_KEY ? undefined : key;
}
