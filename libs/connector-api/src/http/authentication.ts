import type { HttpClock } from './http-clock.js';
import type { PspResponse, PspRequest } from './request.types.js';

/** Adds credentials to requests. Each connector has its own object, which may keep state, e.g. an access token. */
export interface Authentication {
  /**
   * Returns the headers with the credentials. The header names are in lower case.
   * @throws PspError if the credentials cannot be obtained
   */
  createHeaders(context: AuthenticationContext): Promise<Readonly<Record<string, string>>>;
  /**
   * Handles a response with status 401 to a request with these headers, e.g. discards an expired token.
   * @returns true if the request must be sent once more, with new headers
   */
  handleUnauthorized(headers: Readonly<Record<string, string>>): boolean;
}

/** The objects with which an `Authentication` obtains credentials. */
export interface AuthenticationContext {
  clock: HttpClock;
  /** Sends a request through the `PspHttp` of the connector, e.g. to the token endpoint. */
  send(request: PspRequest): Promise<PspResponse>;
}

/** Creates an authentication with a fixed token: `Authorization: Bearer <token>`. */
export function createBearerAuth(token: string): Authentication {
  return createFixedAuth({ authorization: `Bearer ${token}` });
}

/** Creates an authentication with a fixed key in a separate header: `createHeaderAuth('x-api-key', key)`. */
export function createHeaderAuth(header: string, key: string): Authentication {
  return createFixedAuth({ [header.toLowerCase()]: key });
}

/** Creates an authentication with a user name and a password: `Authorization: Basic <base64 of user:password>`. */
export function createBasicAuth(user: string, password: string): Authentication {
  return createFixedAuth({ authorization: `Basic ${encodeBasicCredentials(user, password)}` });
}

/** Returns the credentials of Basic authentication: base64 of `user:password`. The result is as secret as the password. */
export function encodeBasicCredentials(user: string, password: string): string {
  return Buffer.from(`${user}:${password}`).toString('base64');
}

function createFixedAuth(headers: Readonly<Record<string, string>>): Authentication {
  return {
    createHeaders: async () => headers,
    handleUnauthorized: () => false,
  };
}
