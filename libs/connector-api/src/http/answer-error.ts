import { PspError } from '../errors.js';
import type { PspErrorKind } from '../errors.js';
import type { Json } from './json.js';

/**
 * A `PspError` that the PSP's own answer is about. Its body is for the plugin's decisions (e.g. "duplicate request": the order is there
 * already); nothing that prints or serialises the error shows it.
 */
export class AnswerError extends PspError {
  readonly #body: Json;

  constructor(
    kind: PspErrorKind,
    message: string,
    details: { retryAfter?: number; status: number },
    body: Json,
  ) {
    super(kind, message, details);
    this.#body = body;
  }

  get status(): number {
    return this.details.status ?? 0;
  }

  /** What the PSP wrote; `Json.nothing` where that was no JSON. */
  get body(): Json {
    return this.#body;
  }
}
