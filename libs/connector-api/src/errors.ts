/**
 * The errors of the plugin interface. A plugin throws `PspError` when a call to the PSP fails, and `InvalidRecordError` for a record that
 * cannot be served. Any other error counts as a defect of the plugin, and the gateway handles it like `unavailable`.
 */

/** The kinds of failure. The kind determines whether and when the gateway repeats the call. */
export type PspErrorKind =
  /** The PSP understood the request and declined it. A repeat would fail again. */
  | 'rejected'
  /** The credentials are wrong, expired or lack a permission. An operator must act. */
  | 'unauthorized'
  /** The PSP received too many requests. The gateway repeats the call after `details.retryAfterMs`. */
  | 'rate-limited'
  /** The PSP is down, too slow, or returned an invalid response. The gateway repeats the call later. */
  | 'unavailable'
  /** A request that moves money was sent, and its response was lost. The gateway must find out the result before any other action. */
  | 'unknown-outcome';

/**
 * The error for a failed call to the PSP: `throw new PspError('rate-limited', 'Acme: too many requests', { retryAfterMs: 2_000, status: 429
 * })`.
 */
export class PspError extends Error {
  override readonly name = 'PspError';

  /**
   * Creates the error.
   * @param message a text for people and logs: the failed call and the reason. It must not contain secrets
   */
  constructor(
    readonly kind: PspErrorKind,
    message: string,
    /** `retryAfterMs`: the delay in milliseconds that the PSP requested. `status`: the HTTP status of the PSP's response. */
    readonly details: { retryAfterMs?: number; status?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
  }
}

/**
 * A dependency of the gateway itself (e.g. its database) is temporarily unavailable. Clients get HTTP 503 and repeat the request later.
 * Plugins do not throw it.
 */
export class GatewayUnavailableError extends Error {}

/**
 * Data in the gateway's database is damaged, so the request cannot be answered correctly. Clients get HTTP 500. Plugins do not throw it.
 */
export class DamagedDataError extends Error {}

/**
 * The error for data of the PSP that cannot be served correctly, e.g. an amount with too many decimal places. `parseRow` converts it to a
 * `RejectedRecord`. The gateway stores the rejected record with this message in the quarantine, which clients cannot see.
 */
export class InvalidRecordError extends Error {
  override readonly name = 'InvalidRecordError';
}
