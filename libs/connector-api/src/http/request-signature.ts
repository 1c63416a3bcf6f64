/** Signs requests as RFC 9421 (HTTP Message Signatures) describes: an ECDSA signature over the method, the target and the body. */
import { createHash, randomUUID, sign } from 'node:crypto';
import type { PreparedRequest } from './request.js';

export interface RequestSignatureOptions {
  /** The private key in PEM. */
  privateKey: string;
  /** The id with which the PSP finds the public key. */
  keyId: string;
  /** The hash algorithm of the signature. Use `sha512` for a key on the curve P-521. */
  algorithm: 'sha256' | 'sha512';
  /** The current time in milliseconds since 1970. */
  now: number;
}

export interface RequestSignature {
  /** The value of the header with the digest of the body: `sha256=:<base64>:`. */
  contentDigest: string;
  /** The signed parts of the request, and the id of the key: `sig-1=("@method" …);keyid="…";created=…;nonce="…"`. */
  signatureInput: string;
  /** The signature: `sig-1=:<base64>:`. The bytes in base64 are DER. */
  signature: string;
}

/** Signs a request with a body. The result contains three header values. The names of the headers depend on the PSP. */
export function signRequest(
  { method, url, headers, body }: PreparedRequest,
  { privateKey, keyId, algorithm, now }: RequestSignatureOptions,
): RequestSignature {
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
    contentDigest,
    signatureInput: `sig-1=${parameters}`,
    signature: `sig-1=:${sign(algorithm, Buffer.from(base), privateKey).toString('base64')}:`,
  };
}
