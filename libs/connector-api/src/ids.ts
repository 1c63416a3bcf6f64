/**
 * Ids on the wire. Clients put account ids into paths unescaped, so only `[A-Za-z0-9._~-]` may be served. Every other byte
 * of the UTF-8 form becomes `~` and two hex digits, and so does `~` itself, which makes the encoding reversible.
 */
import { RefusedError } from './errors.js';

const SAFE = /^[A-Za-z0-9._-]+$/;
const WIRE = /^(?:[A-Za-z0-9._-]|~[0-9A-F]{2})+$/;
const LONGEST = 1024;

/** @throws RefusedError for an empty id, one with a lone surrogate, or one that is too long to be served. */
export function encodeId(id: string): string {
  if (id === '') throw new RefusedError('the id is empty');
  // Encoding never makes an id shorter.
  if (id.length > LONGEST)
    throw new RefusedError(`the id is ${id.length} characters long; at most ${LONGEST} can be served`);
  // HTTP clients and proxies resolve the segments `.` and `..` away.
  const encoded = id === '.' || id === '..' ? '~2E'.repeat(id.length) : SAFE.test(id) ? id : encodeBytes(id);
  if (encoded.length > LONGEST) {
    throw new RefusedError(
      `the id is ${encoded.length} characters long when encoded; at most ${LONGEST} can be served`,
    );
  }
  return encoded;
}

/** @returns the id as it is served; `undefined` for one that cannot be, and so is in no feed. */
export function servedId(id: string): string | undefined {
  try {
    return encodeId(id);
  } catch (error) {
    if (error instanceof RefusedError) return undefined;
    throw error;
  }
}

/** @returns `undefined` for a string that `encodeId` never returns. */
export function decodeId(encoded: string): string | undefined {
  if (encoded.length > LONGEST) return undefined;
  if (SAFE.test(encoded)) return encoded === '.' || encoded === '..' ? undefined : encoded;
  if (!WIRE.test(encoded)) return undefined;
  try {
    const id = decodeURIComponent(encoded.replaceAll('~', '%'));
    return encodeId(id) === encoded ? id : undefined;
  } catch {
    return undefined;
  }
}

function encodeBytes(id: string): string {
  if (!id.isWellFormed()) {
    throw new RefusedError(`the id ${JSON.stringify(id.slice(0, 64))} is not well-formed Unicode`);
  }
  return id.replace(/[^A-Za-z0-9._-]/gu, (character) =>
    [...Buffer.from(character)]
      .map((byte) => `~${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
}
