/** Obtains OAuth 2.0 access tokens with a refresh token (RFC 6749, section 6). */
import { createBearerAuth, encodeBasicCredentials } from './authentication.js';
import type { Authentication } from './authentication.js';
import { CLIENT_ASSERTION_TYPE, createClientAssertion } from './client-assertion.js';
import type { ClientAssertionOptions } from './client-assertion.js';
import type { HttpClock } from './http-clock.js';
import { createOAuth } from './oauth.js';

/** A client that authenticates with a secret: `Authorization: Basic <base64 of id:secret>`. */
export interface OAuthClientWithSecret {
  id: string;
  secret: string;
  /** Whether `client_id` and `client_secret` are sent in the request body instead of the header. Default: false. */
  isSentInBody?: boolean;
}

/** A client that authenticates with a JWT, which it signs with its private key (RFC 7523). The client's id is the claim `sub`. */
export type OAuthClientWithAssertion = { id: string } & Omit<ClientAssertionOptions, 'subject' | 'clock'>;

export interface RefreshTokenOptions {
  /** The path of the token endpoint: `/auth/token`. */
  path: string;
  /** A refresh token that stays valid after its use. */
  refreshToken: string;
  /** An access token that does not expire. If it is set, it is used instead of the refresh token. */
  accessToken?: string | undefined;
  /** The credentials with which the client authenticates at the token endpoint. */
  client: OAuthClientWithSecret | OAuthClientWithAssertion;
  /** The format of the request. Default: `form`, as the RFC requires. */
  format?: 'form' | 'json';
  /** The lifetime of an access token in milliseconds. Set it for a PSP whose response contains no `expires_in`. */
  tokenLifetimeMs?: number;
}

/**
 * Creates an authentication that obtains its access tokens with a refresh token:
 * `createRefreshTokenAuth({ path: '/oauth2/tokens', refreshToken, client: { id, secret } })`.
 */
export function createRefreshTokenAuth(options: RefreshTokenOptions): Authentication {
  const { path, refreshToken, accessToken, client, format = 'form', tokenLifetimeMs } = options;
  if (accessToken !== undefined) return createBearerAuth(accessToken);
  return createOAuth({
    ...(tokenLifetimeMs !== undefined && {
      parseTokenResponse: (body) => ({ value: body.string('access_token'), expiresInMs: tokenLifetimeMs }),
    }),
    createTokenRequest: async (clock) => ({
      method: 'POST',
      path,
      ...('secret' in client && client.isSentInBody !== true && { headers: createBasicHeaders(client) }),
      [format === 'form' ? 'form' : 'body']: {
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
        ...('secret' in client
          ? createSecretParameters(client)
          : await createAssertionParameters(client, clock)),
      },
    }),
  });
}

function createBasicHeaders({ id, secret }: OAuthClientWithSecret): Readonly<Record<string, string>> {
  return { authorization: `Basic ${encodeBasicCredentials(id, secret)}` };
}

function createSecretParameters({ id, secret, isSentInBody = false }: OAuthClientWithSecret) {
  return isSentInBody ? { client_id: id, client_secret: secret } : {};
}

/** Creates the form parameters with a client assertion. An assertion expires, so each token request gets a new assertion. */
async function createAssertionParameters(
  { id, ...claims }: OAuthClientWithAssertion,
  clock: HttpClock,
): Promise<Readonly<Record<string, string>>> {
  return {
    client_assertion_type: CLIENT_ASSERTION_TYPE,
    client_assertion: await createClientAssertion({ ...claims, subject: id, clock }),
  };
}
