/** The error of a failed call to one of Formance's services. */

/** The kinds of failure. Commands choose their next step and their message by the kind. */
export type FormanceErrorKind =
  /** The status is 401 or 403: the token is missing, has expired, or lacks a scope. */
  | 'unauthorized'
  /** The error code is CONFLICT: the name is already used, e.g. by an earlier installation whose response was lost. */
  | 'conflict'
  /** The service rejected the request. A repeat would fail again. */
  | 'rejected'
  /** The object does not exist. */
  | 'not-found'
  /** The service is down or overloaded, or its response does not match its OpenAPI document. */
  | 'unavailable'
  /** A request that changes data was sent, but its response was lost. */
  | 'unknown-outcome';

export class FormanceError extends Error {
  override readonly name = 'FormanceError';

  /**
   * Creates the error.
   * @param message the failed request, the service, and what to do. It must not contain secrets
   */
  constructor(
    readonly kind: FormanceErrorKind,
    message: string,
    /** `status` is the HTTP status. `code` is Formance's own error code, e.g. VALIDATION. */
    readonly details: { status?: number; code?: string } = {},
  ) {
    super(message);
  }
}
