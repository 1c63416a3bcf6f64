/** Computes short digests of values. They are stored in records and cursors, so their values must never change. */
import { hash } from 'node:crypto';

const DIGEST_LENGTH = 12;

/** Returns a digest of 12 characters (72 bits). */
export function computeDigest(...parts: (string | number | undefined)[]): string {
  return computeJsonDigest(JSON.stringify(parts.map((part) => part ?? '')));
}

/** Returns the digest that `computeDigest` returns for the elements of a JSON array. */
export function computeJsonDigest(json: string): string {
  return hash('sha256', json, 'base64url').slice(0, DIGEST_LENGTH);
}
