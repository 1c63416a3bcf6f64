/** Signed client assertions (RFC 7523): how a client proves itself with a private key instead of a password. */
import { createPrivateKey } from 'node:crypto';
import { SignJWT } from 'jose';
import { PspError } from '../errors.js';
import type { HttpClock } from './http-clock.js';
import { systemHttpClock } from './http-clock.js';

/** The value of `client_assertion_type`. */
export const CLIENT_ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export interface ClientAssertion {
  /** PEM of an RSA key, PKCS #8 or PKCS #1. */
  privateKey: string;
  issuer: string;
  subject: string;
  audience: string;
  keyId?: string;
  /** Milliseconds until it expires. Default 5 minutes. */
  lifetime?: number;
  clock?: HttpClock;
}

/** @returns a JWT signed with RS256. @throws PspError `unauthorized` for a key that cannot sign; the key is not quoted. */
export async function clientAssertion(assertion: ClientAssertion): Promise<string> {
  const { issuer, subject, audience, keyId, lifetime = 5 * 60_000, clock = systemHttpClock } = assertion;
  const expires = Math.floor((clock.now() + lifetime) / 1000);
  return new SignJWT()
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...(keyId === undefined ? {} : { kid: keyId }) })
    .setIssuer(issuer)
    .setSubject(subject)
    .setAudience(audience)
    .setExpirationTime(expires)
    .sign(readRsaKey(assertion.privateKey));
}

/** @throws PspError `unauthorized`. */
function readRsaKey(pem: string): ReturnType<typeof createPrivateKey> {
  const wrong = (found: string) =>
    new PspError(
      'unauthorized',
      `the private key of the client assertion is ${found}; expected the PEM of an RSA key`,
    );
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'rsa') return key;
    throw wrong(`of type ${key.asymmetricKeyType}`);
  } catch (error) {
    // What OpenSSL says may quote the input.
    throw error instanceof PspError ? error : wrong('unreadable');
  }
}
