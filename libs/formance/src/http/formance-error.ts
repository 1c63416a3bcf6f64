/** The error of a failed call to one of Formance's services. */

/** What went wrong. Commands decide by the kind what to do and what to say. */
export type FormanceErrorKind =
  /** 401 or 403: the token is missing, has expired, or lacks a scope. */
  | 'unauthorized'
  /** The error code CONFLICT: the name is already used, e.g. by an installation that was not answered. */
  | 'conflict'
  /** The service refused the request. A repeat would fail again. */
  | 'rejected'
  /** The object does not exist. */
  | 'not-found'
  /** The service is down or overloaded, or its answer is not what its document promises. */
  | 'unavailable'
  /** A request that changes something was sent, and its answer was lost. */
  | 'unknown-outcome';

export class FormanceError extends Error {
  override readonly name = 'FormanceError';

  /** @param message what failed, where, and what to do. It contains no secret */
  constructor(
    readonly kind: FormanceErrorKind,
    message: string,
    /** `code` is Formance's own error code, e.g. VALIDATION. */
    readonly details: { status?: number; code?: string } = {},
  ) {
    super(message);
  }
}
