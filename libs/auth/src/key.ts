/** API keys: what a client sends after `Bearer`. We keep only their SHA-256. */
import { hash, randomBytes } from 'node:crypto';

/** Marks our keys, so that secret scanners and people recognise one that leaked. */
export const KEY_PREFIX = 'trb_';
/** Below it a key could be guessed; a key of `newKey` has 68 characters. */
export const SHORTEST_KEY = 16;
export const LONGEST_KEY = 512;

const HASHED = 'sha256:';
const SHA256 = /^[0-9a-f]{64}$/i;
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/** A fresh key of 256 random bits: `trb_` and 64 hex digits. */
export function newKey(): string {
  return KEY_PREFIX + randomBytes(32).toString('hex');
}

/** @returns the 32 bytes of the key's SHA-256. */
export function hashKey(key: string): Buffer {
  // By way of hex: a third of the time that Node takes to hand over a Buffer.
  return Buffer.from(hash('sha256', key, 'hex'), 'hex');
}

/** How a key may be written down where others read it: `sha256:<64 hex digits>`. */
export function describeKey(key: string): string {
  return HASHED + hashKey(key).toString('hex');
}

/** A configured key that can not be used. The message never holds the key itself. */
export class InvalidKeyError extends Error {
  override readonly name = 'InvalidKeyError';
}

/**
 * @param text a key as clients send it, or `sha256:` and the 64 hex digits of its SHA-256
 * @returns its SHA-256
 * @throws InvalidKeyError
 */
export function parseConfiguredKey(text: string): Buffer {
  if (text.startsWith(HASHED)) return parseHash(text.slice(HASHED.length));
  if (text.length < SHORTEST_KEY || text.length > LONGEST_KEY) {
    throw new InvalidKeyError(
      `the API key has ${text.length} characters, expected ${SHORTEST_KEY} to ${LONGEST_KEY}; make one with "tributary keys new"`,
    );
  }
  if (!VISIBLE_ASCII.test(text)) {
    throw new InvalidKeyError(
      'the API key holds a space, a control character or a letter outside ASCII, which no HTTP header can carry; ' +
        'make one with "tributary keys new"',
    );
  }
  return hashKey(text);
}

function parseHash(hex: string): Buffer {
  if (!SHA256.test(hex)) {
    throw new InvalidKeyError(
      `after "${HASHED}" come ${hex.length} characters, expected the 64 hex digits of the key's SHA-256`,
    );
  }
  return Buffer.from(hex, 'hex');
}
