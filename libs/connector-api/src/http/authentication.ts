import type { HttpClock } from './http-clock.js';
import type { Answer, PspRequest } from './request.js';

/** Adds credentials to requests. One object per connector; it may keep state, e.g. a token. */
export interface Authentication {
  /** The headers, names in lower case. @throws PspError when there are no credentials to be had. */
  authorize(context: AuthenticationContext): Promise<Readonly<Record<string, string>>>;
  /** The PSP answered 401 to these headers. @returns whether it is worth asking once more, with new ones. */
  refused(headers: Readonly<Record<string, string>>): boolean;
}

export interface AuthenticationContext {
  clock: HttpClock;
  /** Sends a request of the connector's own. */
  send(request: PspRequest): Promise<Answer>;
}

/** A key that does not change: `Authorization: Bearer <token>`. */
export function bearer(token: string): Authentication {
  return fixed(`Bearer ${token}`);
}

/** `Authorization: Basic <user:password>`. */
export function basic(user: string, password: string): Authentication {
  return fixed(`Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`);
}

function fixed(authorization: string): Authentication {
  return {
    authorize: async () => ({ authorization }),
    refused: () => false,
  };
}
