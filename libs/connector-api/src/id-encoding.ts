/**
 * Encodes ids for clients. Clients put account ids into URL paths without escaping them, so a served id contains only `[A-Za-z0-9._~-]`.
 * Every other byte of the UTF-8 form becomes `~` and two hexadecimal digits: `a/b` → `a~2Fb`. The character `~` itself becomes `~7E`, so
 * that the encoding is reversible.
 */
import { InvalidRecordError } from './errors.js';

const SAFE_ID_PATTERN = /^[A-Za-z0-9._-]+$/;
const ENCODED_ID_PATTERN = /^(?:[A-Za-z0-9._-]|~[0-9A-F]{2})+$/;
const MAX_ID_LENGTH = 1024;

/**
 * Encodes the PSP's own id for clients: `a/b` → `a~2Fb`. Plugins need not call it, because the gateway encodes the ids of their records.
 * @throws InvalidRecordError for an empty id, for an id with a lone surrogate, and for an id with more than 1024 characters when encoded
 */
export function encodeId(id: string): string {
  if (id === '') throw new InvalidRecordError('the id is empty');
  // The encoding never makes an id shorter, so a longer id is rejected without encoding.
  if (id.length > MAX_ID_LENGTH)
    throw new InvalidRecordError(
      `the id is ${id.length} characters long; at most ${MAX_ID_LENGTH} can be served`,
    );
  // The ids `.` and `..` need encoding, because HTTP clients and proxies remove path segments with these names.
  const encoded =
    id === '.' || id === '..'
      ? '~2E'.repeat(id.length)
      : SAFE_ID_PATTERN.test(id)
        ? id
        : encodeUnsafeCharacters(id);
  if (encoded.length > MAX_ID_LENGTH) {
    throw new InvalidRecordError(
      `the id is ${encoded.length} characters long when encoded; at most ${MAX_ID_LENGTH} can be served`,
    );
  }
  return encoded;
}

/**
 * Encodes an id like `encodeId`, but does not throw.
 * @returns `undefined` for an id that cannot be encoded. No feed contains such an id
 */
export function tryEncodeId(id: string): string | undefined {
  try {
    return encodeId(id);
  } catch (error) {
    if (error instanceof InvalidRecordError) return undefined;
    throw error;
  }
}

/**
 * Returns the PSP's own id for an encoded id: `a~2Fb` → `a/b`.
 * @returns `undefined` for a string that `encodeId` never returns
 */
export function decodeId(encoded: string): string | undefined {
  if (encoded.length > MAX_ID_LENGTH) return undefined;
  if (SAFE_ID_PATTERN.test(encoded)) return encoded === '.' || encoded === '..' ? undefined : encoded;
  if (!ENCODED_ID_PATTERN.test(encoded)) return undefined;
  try {
    const id = decodeURIComponent(encoded.replaceAll('~', '%'));
    return encodeId(id) === encoded ? id : undefined;
  } catch {
    return undefined;
  }
}

function encodeUnsafeCharacters(id: string): string {
  if (!id.isWellFormed()) {
    throw new InvalidRecordError(`the id ${JSON.stringify(id.slice(0, 64))} is not well-formed Unicode`);
  }
  return id.replace(/[^A-Za-z0-9._-]/gu, (character) =>
    [...Buffer.from(character)]
      .map((byte) => `~${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
}
