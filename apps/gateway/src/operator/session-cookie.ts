/** Creates and reads the cookie of a session, and the CSRF token that belongs to it. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { isOnThisMachine } from '../http/is-on-this-machine.js';

/** The duration of a session in ms. Afterwards the operator must log in again. */
export const SESSION_LIFETIME_MS = 12 * 3_600_000;

/** The header that contains the CSRF token. A request that changes something and uses a cookie must have it. */
export const CSRF_HEADER = 'x-csrf-token';

const COOKIE_NAME = 'tributary_session';
/**
 * The name of the cookie over HTTPS. Browsers accept a name with the prefix `__Host-` only with `Secure`, from HTTPS, and for the whole
 * host, so no other site can set the cookie.
 */
const SECURE_COOKIE_NAME = `__Host-${COOKIE_NAME}`;
const TOKEN_BYTES = 32;
const TOKEN_PATTERN = /^[A-Za-z0-9_-]{43}$/;

export function generateSessionToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** Returns the hash that is stored instead of the token. */
export function hashSessionToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/**
 * Derives the CSRF token of a session. Another site can make a browser send the cookie, but it cannot read the response that contains this
 * token.
 */
export function deriveCsrfToken(sessionToken: string): string {
  return createHmac('sha256', sessionToken).update('csrf').digest('base64url');
}

export function isCsrfTokenValid(sessionToken: string, sent: unknown): boolean {
  if (typeof sent !== 'string') return false;
  // `timingSafeEqual` needs values of the same length, which hashes have.
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(deriveCsrfToken(sessionToken)), hash(sent));
}

/** Returns the session token of a request. The result is `undefined` if the request has no cookie, or a cookie that no gateway has set. */
export function readSessionCookie(request: FastifyRequest): string | undefined {
  const name = getCookieName(request);
  for (const cookie of (request.headers.cookie ?? '').split(';')) {
    const [key, value = ''] = cookie.trim().split('=', 2);
    if (key === name && TOKEN_PATTERN.test(value)) return value;
  }
  return undefined;
}

/** Builds the `Set-Cookie` header of a new session. */
export function createSessionCookie(request: FastifyRequest, token: string): string {
  return formatCookie(request, token, SESSION_LIFETIME_MS / 1000);
}

/** Builds the `Set-Cookie` header that removes the cookie. */
export function createExpiredCookie(request: FastifyRequest): string {
  return formatCookie(request, '', 0);
}

function formatCookie(request: FastifyRequest, value: string, maxAgeSeconds: number): string {
  const secure = isSecureRequired(request) ? '; Secure' : '';
  return `${getCookieName(request)}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${secure}`;
}

function getCookieName(request: FastifyRequest): string {
  return isSecureRequired(request) ? SECURE_COOKIE_NAME : COOKIE_NAME;
}

/**
 * Returns true if the cookie needs HTTPS. A browser on the machine of the gateway may use plain HTTP. Other browsers need HTTPS, which a
 * proxy provides.
 */
function isSecureRequired(request: FastifyRequest): boolean {
  return !isOnThisMachine(request);
}
