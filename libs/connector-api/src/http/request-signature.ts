/** Signs requests as RFC 9421 (HTTP Message Signatures) describes: an ECDSA signature over the method, the target and the body. */
import { createHash, randomUUID, sign } from 'node:crypto';
import type { PreparedRequest } from './request.types.js';

export interface RequestSignatureOptions {
  /** The private key in PEM. */
  privateKey: string;
  /** The id with which the PSP finds the public key. */
  keyId: string;
  /** The hash algorithm of the signature. Use `sha512` for a key on the curve P-521. */
  algorithm: 'sha256' | 'sha512';
  /** The current time in milliseconds since 1970. */
  now: number;
  /** What the PSP puts before the names of the headers `signature-input` and `signature`: `gc-`. Default: nothing. */
  headerPrefix?: string;
}

/**
 * Signs a request with a body. The bytes of the signature are DER.
 * @returns the headers `content-digest` (`sha256=:<base64>:`), `signature-input` (`sig-1=("@method" …);keyid="…";created=…;nonce="…"`) and
 * `signature` (`sig-1=:<base64>:`)
 */
export function signRequest(
  { method, url, headers, body }: PreparedRequest,
  { privateKey, keyId, algorithm, now, headerPrefix = '' }: RequestSignatureOptions,
): Readonly<Record<string, string>> {
  const { host, pathname, search } = new URL(url);
  const contentDigest = `sha256=:${createHash('sha256').update(body).digest('base64')}:`;
  const components = {
    '@method': method,
    '@authority': host,
    '@request-target': pathname + search,
    'content-digest': contentDigest,
    'content-type': headers['content-type'] ?? '',
    'content-length': String(Buffer.byteLength(body)),
  };
  const names = Object.keys(components).map((name) => `"${name}"`);
  const created = Math.floor(now / 1000);
  const parameters = `(${names.join(' ')});keyid="${keyId}";created=${created};nonce="${randomUUID()}"`;
  const lines = Object.entries(components).map(([name, value]) => `"${name}": ${value}\n`);
  const base = `${lines.join('')}"@signature-params": ${parameters}`;
  return {
    'content-digest': contentDigest,
    [`${headerPrefix}signature-input`]: `sig-1=${parameters}`,
    [`${headerPrefix}signature`]: `sig-1=:${sign(algorithm, Buffer.from(base), privateKey).toString('base64')}:`,
  };
}
