/** Sends requests to the operator API of the gateway that served the console. The session cookie authorizes them. */
import { parseJson } from '../format/parse-exact-json';

/**
 * The path of the operator API, relative to the console. It is valid behind any path prefix of a proxy, because the URLs are
 * `<prefix>/console/` and `<prefix>/operator/v1/`.
 */
const API_PATH = '../operator/v1/';
const CSRF_HEADER = 'x-csrf-token';
const UNAUTHORIZED = 401;

/** Thrown when the gateway returns an error, or when it does not respond (status 0). */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
  ) {
    super(`${title}: ${detail}`);
  }
}

/** Returns true if the gateway did not accept the session or the key. */
export function isUnauthorized(error: unknown): boolean {
  return error instanceof ApiError && error.status === UNAUTHORIZED;
}

export type QueryParameters = Readonly<Record<string, string | number | boolean | undefined>>;

let csrfToken: string | undefined;

/** Sets the CSRF token that authorizes the changes of this session. The gateway returns the token with the session. */
export function setCsrfToken(token: string | undefined): void {
  csrfToken = token;
}

/** Returns the absolute URL of a path of the operator API. */
export function createApiUrl(path: string, query: QueryParameters = {}): string {
  const url = new URL(API_PATH + path, document.baseURI);
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') url.searchParams.set(name, String(value));
  return url.href;
}

/**
 * Reads data from the operator API.
 * @throws ApiError when the gateway returns an error or does not respond
 */
export function fetchJson<T>(path: string, query?: QueryParameters, signal?: AbortSignal): Promise<T> {
  return sendRequest<T>(createApiUrl(path, query), { method: 'GET', ...(signal && { signal }) });
}

/**
 * Sends a change to the operator API.
 * @throws ApiError when the gateway returns an error or does not respond
 */
export function sendJson(method: 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown> {
  return sendRequest(createApiUrl(path), {
    method,
    headers: {
      ...(csrfToken === undefined ? {} : { [CSRF_HEADER]: csrfToken }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function sendRequest<T>(url: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, { ...init, credentials: 'same-origin', redirect: 'error' });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, 'The gateway does not answer', 'Check that it runs and that you can reach it.');
  }
  const text = await response.text();
  if (!response.ok) throw toApiError(response.status, text);
  // The types are those of the operator API's OpenAPI document. The tests of the gateway compare its responses with this document.
  return (text === '' ? undefined : parseJson(text)) as T;
}

/**
 * Converts the body of an error response to an error. The body can be any text, because a proxy in front of the gateway can also respond.
 */
function toApiError(status: number, text: string): ApiError {
  try {
    const { Title, Detail } = JSON.parse(text) as { Title?: unknown; Detail?: unknown };
    if (typeof Title === 'string' && typeof Detail === 'string') return new ApiError(status, Title, Detail);
  } catch {
    // The body is not JSON, so the default message is used.
  }
  return new ApiError(
    status,
    `HTTP status ${status}`,
    'The answer is not one of the gateway. Check the proxy in front of it.',
  );
}
