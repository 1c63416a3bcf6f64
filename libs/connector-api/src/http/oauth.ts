/**
 * OAuth 2.0 access tokens. A token is fetched when the first request needs it. All requests of a connector share it, and concurrent
 * requests share one renewal.
 */
import { PspError } from '../errors.js';
import type { Authentication, AuthenticationContext } from './authentication.js';
import type { Json } from './json.js';
import type { PspRequest } from './request.js';

/** How access tokens are obtained. */
export interface OAuthOptions {
  /**
   * Creates the request to the token endpoint. It is called for each token, because client assertions expire. The request is sent without
   * credentials, and it counts as idempotent.
   */
  request: () => PspRequest | Promise<PspRequest>;
  /** Reads the response of the token endpoint. Default: `access_token` and `expires_in` (seconds), see RFC 6749, section 5.1. */
  read?: (answer: Json) => AccessToken;
}

/** An access token as the PSP returned it. */
export interface AccessToken {
  value: string;
  /** The lifetime in milliseconds, from the time of the token request. */
  expiresIn: number;
}

/**
 * Creates an authentication with OAuth access tokens: `Authorization: Bearer <access token>`. Example:
 * `createOAuth({ createTokenRequest: () => ({ method: 'POST', path: '/token', form: { grant_type: 'client_credentials', … } }) })`.
 */
export function oauth(options: OAuthOptions): Authentication {
  return new OAuthTokens(options);
}

/** A token is renewed when a tenth of its lifetime is left, but at most this many milliseconds before it expires. */
const EARLIEST_RENEWAL = 60_000;

interface KeptToken {
  value: string;
  renewAt: number;
  expiresAt: number;
}

class OAuthTokens implements Authentication {
  #token: KeptToken | undefined;
  #renewal: Promise<KeptToken> | undefined;

  constructor(private readonly options: OAuthOptions) {}

  async authorize(context: AuthenticationContext): Promise<Readonly<Record<string, string>>> {
    const token = await this.#current(context);
    return { authorization: `Bearer ${token.value}` };
  }

  /** Discards the token that the PSP rejected. A newer token, which another request has fetched meanwhile, is kept. */
  refused({ authorization }: Readonly<Record<string, string>>): boolean {
    if (authorization === `Bearer ${this.#token?.value}`) this.#token = undefined;
    return true;
  }

  async #current(context: AuthenticationContext): Promise<KeptToken> {
    const kept = this.#token;
    const now = context.clock.now();
    if (kept !== undefined && now < kept.renewAt) return kept;
    this.#renewal ??= this.#fetch(context).finally(() => {
      this.#renewal = undefined;
    });
    if (kept === undefined || now >= kept.expiresAt) return this.#renewal;
    // The token is still valid. If the early renewal fails, e.g. because the token endpoint is down, requests use the old token.
    return this.#renewal.catch(() => kept);
  }

  async #fetch(context: AuthenticationContext): Promise<KeptToken> {
    const { read = readAccessToken, request } = this.options;
    const askedAt = context.clock.now();
    const asked = await request();
    const { value, expiresIn } = await context
      .send({ ...asked, authenticated: false, repeatable: true })
      .then(({ json }) => read(json))
      .catch(asUnauthorized);
    const early = Math.min(EARLIEST_RENEWAL, expiresIn / 10);
    this.#token = { value, renewAt: askedAt + expiresIn - early, expiresAt: askedAt + expiresIn };
    return this.#token;
  }
}

function readAccessToken(answer: Json): AccessToken {
  return { value: answer.text('access_token'), expiresIn: answer.integer('expires_in') * 1000 };
}

/** Token endpoints report wrong credentials with status 400 (`invalid_grant`, `invalid_client`). Converts `rejected` to `unauthorized`. */
function asUnauthorized(error: unknown): never {
  if (!(error instanceof PspError) || error.kind !== 'rejected') throw error;
  throw new PspError('unauthorized', `no access token: ${error.message}`, error.details);
}
