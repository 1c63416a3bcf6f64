/** Sends requests to the operator API of the gateway that served the console. The session cookie authorizes them. */
import { parseJson } from '../format/parse-exact-json';

/** The API is beside the console, under any path prefix of a proxy: `<prefix>/console/` and `<prefix>/operator/v1/`. */
const API_PATH = '../operator/v1/';
const CSRF_HEADER = 'x-csrf-token';
const UNAUTHORIZED = 401;

/** An answer of the gateway other than success, or no answer at all (status 0). */
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

/** Whether the gateway did not accept the session or the key. */
export function isUnauthorized(error: unknown): boolean {
  return error instanceof ApiError && error.status === UNAUTHORIZED;
}

export type QueryParameters = Readonly<Record<string, string | number | boolean | undefined>>;

let csrfToken: string | undefined;

/** Sets the token that authorizes writes of this session. The gateway sends it with the session. */
export function setCsrfToken(token: string | undefined): void {
  csrfToken = token;
}

/** @returns the absolute URL of a path of the operator API */
function createApiUrl(path: string, query: QueryParameters = {}): string {
  const url = new URL(API_PATH + path, document.baseURI);
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') url.searchParams.set(name, String(value));
  return url.href;
}

/** @throws ApiError */
export function fetchJson<T>(path: string, query?: QueryParameters, signal?: AbortSignal): Promise<T> {
  return sendRequest<T>(createApiUrl(path, query), { method: 'GET', ...(signal && { signal }) });
}

/** Sends a change. @throws ApiError */
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
  // The types are those of the operator API's document, which the tests of the gateway hold against its answers.
  return (text === '' ? undefined : parseJson(text)) as T;
}

/** Reads the error body of the gateway. A proxy in front can answer with any other text. */
function toApiError(status: number, text: string): ApiError {
  try {
    const { Title, Detail } = JSON.parse(text) as { Title?: unknown; Detail?: unknown };
    if (typeof Title === 'string' && typeof Detail === 'string') return new ApiError(status, Title, Detail);
  } catch {
    // The text is no JSON.
  }
  return new ApiError(
    status,
    `HTTP status ${status}`,
    'The answer is not one of the gateway. Check the proxy in front of it.',
  );
}
