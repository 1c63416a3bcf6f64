/**
 * Obtains OAuth 2.0 access tokens. A token is fetched when the first request needs it. All requests of a connector share the token. If
 * several requests need a new token at the same time, one request fetches it for all of them.
 */
import { PspError } from '../errors.js';
import { encodeBasicCredentials } from './authentication.js';
import type { Authentication, AuthenticationContext } from './authentication.js';
import type { HttpClock } from './http-clock.js';
import type { Json } from './json-accessors.js';
import type { PspRequest } from './request.types.js';

/** The options for obtaining access tokens. */
export interface OAuthOptions {
  /**
   * Creates the request to the token endpoint. The function is called for each token, because client assertions expire. The request is sent
   * without an access token, and it may be repeated.
   */
  createTokenRequest: (clock: HttpClock) => PspRequest | Promise<PspRequest>;
  /** Reads the response of the token endpoint. Default: `access_token` and `expires_in` (seconds), see RFC 6749, section 5.1. */
  parseTokenResponse?: (response: Json) => AccessToken;
}

/** An access token as the PSP returned it. */
export interface AccessToken {
  value: string;
  /** The lifetime of the token in milliseconds, counted from the time of the token request. */
  expiresInMs: number;
}

/**
 * Creates an authentication with OAuth access tokens: `Authorization: Bearer <access token>`. Example:
 * `createOAuth({ createTokenRequest: () => ({ method: 'POST', path: '/token', form: { grant_type: 'client_credentials', … } }) })`.
 */
export function createOAuth(options: OAuthOptions): Authentication {
  return new OAuthAuthentication(options);
}

export interface ClientCredentials {
  /** The path of the token endpoint: `/v1/oauth2/token`. */
  path: string;
  clientId: string;
  clientSecret: string;
}

/**
 * Creates an OAuth authentication with the grant `client_credentials`. The token request sends the id and the secret of the client as Basic
 * authentication.
 */
export function createClientCredentialsAuth({
  path,
  clientId,
  clientSecret,
}: ClientCredentials): Authentication {
  const authorization = `Basic ${encodeBasicCredentials(clientId, clientSecret)}`;
  const form = { grant_type: 'client_credentials' };
  return createOAuth({
    createTokenRequest: () => ({ method: 'POST', path, form, headers: { authorization } }),
  });
}

/**
 * The maximum time in ms before its expiry at which a token is renewed. A token with a short lifetime is renewed when a tenth of the
 * lifetime is left.
 */
const MAX_RENEWAL_LEAD_MS = 60_000;
/**
 * The lifetime of a token in seconds if the response does not contain it. RFC 6749 only recommends `expires_in`. A token that expires earlier is
 * renewed when the PSP rejects it.
 */
const DEFAULT_LIFETIME_SECONDS = 300;

interface CachedToken {
  value: string;
  renewAt: number;
  expiresAt: number;
}

class OAuthAuthentication implements Authentication {
  #token: CachedToken | undefined;
  #renewal: Promise<CachedToken> | undefined;

  constructor(private readonly options: OAuthOptions) {}

  async createHeaders(context: AuthenticationContext): Promise<Readonly<Record<string, string>>> {
    const token = await this.#getToken(context);
    return { authorization: `Bearer ${token.value}` };
  }

  /** Discards the access token that the PSP rejected. A newer token that another request has already fetched is kept. */
  handleUnauthorized({ authorization }: Readonly<Record<string, string>>): boolean {
    if (authorization === `Bearer ${this.#token?.value}`) this.#token = undefined;
    return true;
  }

  async #getToken(context: AuthenticationContext): Promise<CachedToken> {
    const cached = this.#token;
    const now = context.clock.now();
    if (cached !== undefined && now < cached.renewAt) return cached;
    this.#renewal ??= this.#fetchToken(context).finally(() => {
      this.#renewal = undefined;
    });
    if (cached === undefined || now >= cached.expiresAt) return this.#renewal;
    // The token is still valid. If the early renewal fails, e.g. because the token endpoint is down, requests continue to use the current
    // token.
    return this.#renewal.catch(() => cached);
  }

  async #fetchToken(context: AuthenticationContext): Promise<CachedToken> {
    const { parseTokenResponse = parseAccessToken, createTokenRequest } = this.options;
    const requestedAt = context.clock.now();
    const tokenRequest = await createTokenRequest(context.clock);
    const { value, expiresInMs } = await context
      .send({ ...tokenRequest, authenticated: false, idempotent: true })
      .then(({ json }) => parseTokenResponse(json))
      .catch(throwAsUnauthorized);
    const renewalLeadMs = Math.min(MAX_RENEWAL_LEAD_MS, expiresInMs / 10);
    this.#token = {
      value,
      renewAt: requestedAt + expiresInMs - renewalLeadMs,
      expiresAt: requestedAt + expiresInMs,
    };
    return this.#token;
  }
}

/** Parses the response of the token endpoint. A PSP can send the lifetime as a string (`"32400"`), or leave it out. */
function parseAccessToken(response: Json): AccessToken {
  const seconds = Number(response.scalar('expires_in') ?? DEFAULT_LIFETIME_SECONDS);
  const expiresIn = Number.isSafeInteger(seconds) ? seconds : response.integer('expires_in');
  return { value: response.string('access_token'), expiresInMs: expiresIn * 1000 };
}

/**
 * Throws an error of the token endpoint. An error of the kind `rejected` becomes `unauthorized`, because token endpoints report wrong
 * credentials with status 400 (`invalid_grant`, `invalid_client`).
 */
function throwAsUnauthorized(error: unknown): never {
  if (!(error instanceof PspError) || error.kind !== 'rejected') throw error;
  throw new PspError('unauthorized', `no access token: ${error.message}`, error.details);
}
