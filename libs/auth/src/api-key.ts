/**
 * Generates, hashes and parses API keys. A client sends its key in the header `Authorization: Bearer <key>`. The gateway stores only the
 * SHA-256 hash of the key.
 */
import { hash, randomBytes } from 'node:crypto';

/** The prefix of generated keys. Secret scanners and people can recognise a leaked key by this prefix. */
export const KEY_PREFIX = 'trb_';
/**
 * The minimum number of characters of a key. A shorter key is refused, because it could be guessed. `generateApiKey` returns 68 characters.
 */
export const MIN_KEY_LENGTH = 16;
/** The maximum number of characters of a key. A longer key is refused. */
export const MAX_KEY_LENGTH = 512;

const HASH_PREFIX = 'sha256:';
const SHA256_HEX_PATTERN = /^[0-9a-f]{64}$/i;
const VISIBLE_ASCII_PATTERN = /^[\x21-\x7e]+$/;

/** Generates a key of 256 random bits: `trb_` and 64 hex digits. */
export function generateApiKey(): string {
  return KEY_PREFIX + randomBytes(32).toString('hex');
}

/** Returns the 32 bytes of the key's SHA-256. */
export function hashApiKey(key: string): Buffer {
  // Node computes the hash as a hexadecimal string in a third of the time that it needs for a Buffer.
  return Buffer.from(hash('sha256', key, 'hex'), 'hex');
}

/** Returns the hash of a key in the form that is safe to store in a file: `sha256:<64 hex digits>`. */
export function formatKeyHash(key: string): string {
  return HASH_PREFIX + hashApiKey(key).toString('hex');
}

/** The error for an invalid key in the deployment file. The message never contains the key. */
export class InvalidKeyError extends Error {
  override readonly name = 'InvalidKeyError';
}

/**
 * Parses a key from the deployment file.
 * @param keyOrHash a key as clients send it, or `sha256:` and the 64 hexadecimal digits of its SHA-256
 * @returns the 32 bytes of the key's SHA-256
 * @throws InvalidKeyError for a wrong length, a character outside visible ASCII or a malformed hash
 */
export function parseKeyOrHash(keyOrHash: string): Buffer {
  if (keyOrHash.startsWith(HASH_PREFIX)) return parseHash(keyOrHash.slice(HASH_PREFIX.length));
  if (keyOrHash.length < MIN_KEY_LENGTH || keyOrHash.length > MAX_KEY_LENGTH) {
    throw new InvalidKeyError(
      `the API key has ${keyOrHash.length} characters, expected ${MIN_KEY_LENGTH} to ${MAX_KEY_LENGTH}; make one with "tributary keys new"`,
    );
  }
  if (!VISIBLE_ASCII_PATTERN.test(keyOrHash)) {
    throw new InvalidKeyError(
      'the API key holds a space, a control character or a letter outside ASCII, which no HTTP header can carry; ' +
        'make one with "tributary keys new"',
    );
  }
  return hashApiKey(keyOrHash);
}

function parseHash(hex: string): Buffer {
  if (!SHA256_HEX_PATTERN.test(hex)) {
    throw new InvalidKeyError(
      `after "${HASH_PREFIX}" come ${hex.length} characters, expected the 64 hex digits of the key's SHA-256`,
    );
  }
  return Buffer.from(hex, 'hex');
}
