/** Verifies the signature and the time of a webhook. The functions throw `PspError` `rejected`, which the gateway answers with 401. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { PspError } from '../errors.js';

export interface HmacOptions {
  /** The name of the header with the signature, for the error message: `X-Acme-Signature`. */
  header: string;
  /** The signatures in the request. At least one of them must be valid. */
  signatures: readonly string[];
  /**
   * The secrets that are valid now. While a secret is being replaced, two secrets are valid. If the list contains no secret, every webhook
   * is rejected.
   */
  secrets: readonly (string | Buffer | undefined)[];
  /** The parts that the PSP signs, in this order, e.g. the timestamp, a dot, and the raw body. */
  signed: readonly (string | Buffer)[];
  /** The encoding of the signatures. Default: hex. */
  encoding?: 'hex' | 'base64';
  /** The hash algorithm of the HMAC. Default: sha256. */
  algorithm?: 'sha256' | 'sha512' | 'sha1';
}

/**
 * Verifies an HMAC signature in constant time.
 * @throws PspError `rejected` if no signature is valid
 */
export function verifyHmac(options: HmacOptions): void {
  const { header, signatures, secrets, signed, encoding = 'hex', algorithm = 'sha256' } = options;
  const given = signatures.map((text) => text.trim()).filter((text) => text !== '');
  if (given.length === 0) throw createWebhookRejection(`${header} is missing`);
  const known = secrets.filter((secret): secret is string | Buffer => (secret?.length ?? 0) > 0);
  if (known.length === 0) throw createWebhookRejection('the settings contain no secret to verify it with');
  const expected = known.map((secret) => {
    const hmac = createHmac(algorithm, secret);
    for (const part of signed) hmac.update(part);
    return hmac.digest();
  });
  const isRight = given
    .map((text) => decodeSignature(text, encoding))
    .some((bytes) =>
      expected.some((right) => bytes?.length === right.length && timingSafeEqual(bytes, right)),
    );
  if (!isRight)
    throw createWebhookRejection(`${header} is not a signature of this body with the secret of the settings`);
}

const DEFAULT_TOLERANCE_MS = 5 * 60_000;

export interface TimestampOptions {
  /** The name of the header or property with the time, for the error message. */
  header: string;
  /** The signed time in milliseconds since 1970, or NaN if the request contains no time. */
  at: number;
  /** The current time in milliseconds since 1970. */
  now: number;
  /** The maximum difference between the two times in ms, in both directions. Default: five minutes. */
  toleranceMs?: number;
}

/**
 * Verifies that a signed time is near the present. A recorded webhook can therefore not be sent again later.
 * @throws PspError `rejected` if the time is missing or too far from the present
 */
export function verifyTimestamp({
  header,
  at,
  now,
  toleranceMs = DEFAULT_TOLERANCE_MS,
}: TimestampOptions): void {
  // A comparison with NaN is false, so a request without a time is rejected.
  if (Math.abs(now - at) <= toleranceMs) return;
  throw createWebhookRejection(`${header} is missing, or more than ${toleranceMs / 1000} s from now`);
}

/**
 * Decodes a signature.
 * @returns `undefined` for a string with an invalid character. Node's decoders would ignore the character and everything after it
 */
function decodeSignature(text: string, encoding: 'hex' | 'base64'): Buffer | undefined {
  const pattern = encoding === 'hex' ? /^(?:[0-9a-f]{2})+$/i : /^[A-Za-z0-9+/]+={0,2}$/;
  return pattern.test(text) ? Buffer.from(text, encoding) : undefined;
}

/** Creates the error for a webhook that is not accepted: `throw createWebhookRejection('the body is no event')`. */
export function createWebhookRejection(reason: string): PspError {
  return new PspError('rejected', `a webhook is refused: ${reason}`);
}
