/** OAuth access tokens: fetched when first needed, shared by all requests of a connector, renewed once however many ask. */
import { PspError } from '../errors.js';
import type { Authentication, AuthenticationContext } from './authentication.js';
import type { Json } from './json.js';
import type { PspRequest } from './request.js';

export interface OAuthOptions {
  /** The request for a token, made anew each time: client assertions expire. It goes out without credentials, and may be repeated. */
  request: () => PspRequest | Promise<PspRequest>;
  /** Default: the `access_token` and `expires_in` (seconds) of RFC 6749. */
  read?: (answer: Json) => AccessToken;
}

export interface AccessToken {
  value: string;
  /** Milliseconds from now. */
  expiresIn: number;
}

/** `Authorization: Bearer <access token>`. */
export function oauth(options: OAuthOptions): Authentication {
  return new OAuthTokens(options);
}

/** A token is renewed when less than a tenth of its life is left, at most so long before its end. */
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

  /** Others may have renewed it meanwhile: then the new one stays. */
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
    // Renewed early, so that a token endpoint that is down for a moment stops nothing.
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

/** What token endpoints refuse with 400 (`invalid_grant`, `invalid_client`) is a matter of credentials. */
function asUnauthorized(error: unknown): never {
  if (!(error instanceof PspError) || error.kind !== 'rejected') throw error;
  throw new PspError('unauthorized', `no access token: ${error.message}`, error.details);
}
