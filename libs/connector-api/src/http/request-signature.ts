/** Signs requests as RFC 9421 (HTTP Message Signatures) describes: an ECDSA signature over the method, the target and the body. */
import { createHash, randomUUID, sign } from 'node:crypto';
import type { PreparedRequest } from './request.js';

export interface RequestSignatureOptions {
  /** PEM of the private key. */
  privateKey: string;
  /** The id under which the PSP knows the public key. */
  keyId: string;
  /** The hash of the signature: `sha512` for P-521. */
  algorithm: 'sha256' | 'sha512';
  /** Milliseconds since 1970. */
  now: number;
}

export interface RequestSignature {
  /** The value of the header with the digest of the body: `sha256=:<base64>:`. */
  contentDigest: string;
  /** The signed parts of the request, and the id of the key: `sig-1=("@method" …);keyid="…";created=…;nonce="…"`. */
  signatureInput: string;
  /** `sig-1=:<base64>:`; the signature is in DER. */
  signature: string;
}

/** Signs a request with a body. The PSP decides which headers contain the three values. */
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
