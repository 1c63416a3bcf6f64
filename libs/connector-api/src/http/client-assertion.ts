/**
 * Creates signed client assertions (RFC 7523). With an assertion, an OAuth client authenticates by a private key instead of a client
 * secret.
 */
import { createPrivateKey } from 'node:crypto';
import { SignJWT } from 'jose';
import { PspError } from '../errors.js';
import type { HttpClock } from './http-clock.js';
import { systemHttpClock } from './http-clock.js';

/** The value of the form parameter `client_assertion_type`. Source: RFC 7523, section 2.2. */
export const CLIENT_ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** The key and the claims of a client assertion. */
export interface ClientAssertionOptions {
  /** An RSA private key in PEM format, PKCS #8 or PKCS #1. */
  privateKey: string;
  /** The claim `iss`: the party that issues the assertion. */
  issuer: string;
  /** The claim `sub`, usually the client id. */
  subject: string;
  /** The claim `aud`, usually the URL of the token endpoint or of the PSP. */
  audience: string;
  /** The header `kid`. Default: the JWT has no such header. */
  keyId?: string;
  /** The time in milliseconds until the assertion expires. Default: 5 minutes. */
  lifetimeMs?: number;
  clock?: HttpClock;
}

/**
 * Creates a JWT that is signed with RS256.
 * @throws PspError `unauthorized` if the key is unreadable or is not an RSA key. The message does not contain the key
 */
export async function createClientAssertion(options: ClientAssertionOptions): Promise<string> {
  const { issuer, subject, audience, keyId, lifetimeMs = 5 * 60_000, clock = systemHttpClock } = options;
  const expiresAtSeconds = Math.floor((clock.now() + lifetimeMs) / 1000);
  return new SignJWT()
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...(keyId === undefined ? {} : { kid: keyId }) })
    .setIssuer(issuer)
    .setSubject(subject)
    .setAudience(audience)
    .setExpirationTime(expiresAtSeconds)
    .sign(parseRsaKey(options.privateKey));
}

/**
 * Parses an RSA private key in PEM.
 * @throws PspError `unauthorized` if the key is unreadable or is not an RSA key
 */
function parseRsaKey(pem: string): ReturnType<typeof createPrivateKey> {
  const keyError = (found: string) =>
    new PspError(
      'unauthorized',
      `the private key of the client assertion is ${found}; expected the PEM of an RSA key`,
    );
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'rsa') return key;
    throw keyError(`of type ${key.asymmetricKeyType}`);
  } catch (error) {
    // The original error is not included, because OpenSSL's messages may contain parts of the key.
    throw error instanceof PspError ? error : keyError('unreadable');
  }
}
