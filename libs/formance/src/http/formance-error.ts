/** The error of a failed call to one of Formance's services. */

/** The kind of the failure. Commands choose their next step and their message by it. */
export type FormanceErrorKind =
  /** 401 or 403: the token is missing, has expired, or lacks a scope. */
  | 'unauthorized'
  /** The error code CONFLICT: the name is already used, e.g. by an earlier installation whose response was lost. */
  | 'conflict'
  /** The service rejected the request. A repeat would fail again. */
  | 'rejected'
  /** The object does not exist. */
  | 'not-found'
  /** The service is down or overloaded, or its response does not match its OpenAPI document. */
  | 'unavailable'
  /** A request that changes data was sent, and its response was lost. */
  | 'unknown-outcome';

export class FormanceError extends Error {
  override readonly name = 'FormanceError';

  /** @param message the failed request, the service, and what to do. It contains no secret */
  constructor(
    readonly kind: FormanceErrorKind,
    message: string,
    /** `code` is Formance's own error code, e.g. VALIDATION. */
    readonly details: { status?: number; code?: string } = {},
  ) {
    super(message);
  }
}
