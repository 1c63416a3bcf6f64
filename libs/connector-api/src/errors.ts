/**
 * What can go wrong between us and a PSP, in the five ways that make a difference to what happens next.
 * A plugin throws these; anything else it throws is a defect and is treated as `unavailable`.
 */
export type PspErrorKind =
  /** The PSP understood and said no: asking again is no use. */
  | 'rejected'
  /** Credentials are wrong, expired or lack a permission: a person must act. */
  | 'unauthorized'
  /** Too many requests: ask again after `retryAfter`. */
  | 'rate-limited'
  /** Down, slow, or answering nonsense: ask again later. */
  | 'unavailable'
  /** A request that moves money was sent, and the answer was lost: find out before anything else. */
  | 'unknown-outcome';

export class PspError extends Error {
  override readonly name = 'PspError';

  constructor(
    readonly kind: PspErrorKind,
    message: string,
    /** `retryAfter`: milliseconds. `status`: the PSP's HTTP status. */
    readonly details: { retryAfter?: number; status?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
  }
}

/** Something of the gateway's own cannot be reached for now, e.g. its store. It passes by itself: ask again later. */
export class UnavailableError extends Error {}

/** Data of the PSP's that cannot be served without a loss or a lie: it goes into the quarantine with this message. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}
