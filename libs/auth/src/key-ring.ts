/** The keys that open one connector, or the operator's pages. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { hashKey, LONGEST_KEY } from './key.js';

const BEARER = /^bearer +([\x21-\x7e]+) *$/i;

export class KeyRing {
  private readonly hashes: readonly Buffer[];

  /** @param hashes SHA-256 of each key */
  constructor(hashes: readonly Buffer[]) {
    // A ring without keys takes as long to say no as one with a key.
    this.hashes = hashes.length > 0 ? hashes : [randomBytes(32)];
  }

  /**
   * Always hashes once and compares with every key: how long it takes says nothing about which key was close.
   * @param authorization the header's value
   */
  isOpenedBy(authorization: string | undefined): boolean {
    const key = bearerKey(authorization);
    const sent = hashKey(key ?? '');
    let found = false;
    for (const own of this.hashes) found = timingSafeEqual(own, sent) || found;
    return found && key !== undefined;
  }
}

/** Opened by nothing: what an address that is no connector is guarded with. */
export const NO_KEYS = new KeyRing([]);

function bearerKey(authorization: string | undefined): string | undefined {
  const key = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
  return key === undefined || key.length > LONGEST_KEY ? undefined : key;
}
