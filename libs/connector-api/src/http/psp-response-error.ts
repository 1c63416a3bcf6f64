import { PspError } from '../errors.js';
import type { PspErrorKind } from '../errors.js';
import type { Json } from './json-accessors.js';

/**
 * A `PspError` for a response of the PSP with an HTTP error status. Plugins can inspect the body to find out the meaning of the error. For
 * example, a "duplicate request" error shows that the PSP already has the order. The body is a private field, so logs and serialised errors
 * do not contain it.
 */
export class PspResponseError extends PspError {
  readonly #body: Json;

  constructor(
    kind: PspErrorKind,
    message: string,
    details: { retryAfterMs?: number; status: number },
    body: Json,
  ) {
    super(kind, message, details);
    this.#body = body;
  }

  /** The HTTP status of the response. */
  get status(): number {
    return this.details.status ?? 0;
  }

  /** The JSON body of the response; `Json.absent` if the body was not JSON. */
  get body(): Json {
    return this.#body;
  }
}

/**
 * Returns true if the PSP declined a request because the credentials lack a permission, or because the customer's contract does not include
 * the product: 401, 403 or 404. A 403 of a firewall returns false, because it has the kind `unavailable` or `unknown-outcome`.
 */
export function isAccessDenied(error: unknown): boolean {
  if (!(error instanceof PspResponseError)) return false;
  if (error.kind === 'unavailable' || error.kind === 'unknown-outcome') return false;
  return [401, 403, 404].includes(error.status);
}

/**
 * Returns `undefined` if the PSP responds with a status that means that it does not have what is requested, e.g. 410.
 * @throws any other error of the request
 */
export async function undefinedIfStatus<T>(status: number, send: () => Promise<T>): Promise<T | undefined> {
  return send().catch((error: unknown) => {
    if (error instanceof PspResponseError && error.status === status) return undefined;
    throw error;
  });
}
