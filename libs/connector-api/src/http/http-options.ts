import type { Authentication } from './authentication.js';
import type { HttpClock } from './http-clock.js';
import type { Json } from './json-accessors.js';

/** The configuration of a `PspHttp`: how one connector calls its PSP. All durations are milliseconds. */
export interface HttpOptions {
  /** The PSP's display name: `Revolut`. Every error message begins with it. */
  name: string;
  /**
   * The URL in front of all paths: `https://b2b.revolut.com/api/1.0`. The scheme must be `https`; `http` is allowed only for a loopback
   * address.
   */
  baseUrl: string;
  /**
   * Whether `http` is accepted for every host. Set it only for a service in the operator's own network whose URL comes from the operator's
   * settings. Default: false.
   */
  isPlainHttpAllowed?: boolean;
  /** Adds the credentials to every request. Default: requests have no credentials. */
  authentication?: Authentication;
  /** Headers of every request, e.g. the version of the API. */
  headers?: Readonly<Record<string, string>>;
  /** The timeout of one attempt in milliseconds, from sending to the last byte of the response. Default: 30 000. */
  timeoutMs?: number;
  /**
   * The maximum size of a response body in bytes, after decompression. If a body is larger, the request fails like a request without a
   * response. Default: 32 MiB.
   */
  maxResponseBytes?: number;
  /**
   * The rate limit of the PSP. All requests of the connector share it, and each request waits until the limit allows it. Default: no limit.
   */
  rateLimit?: RateLimit;
  /** The rules for repeating idempotent requests within one call. */
  retries?: RetryPolicy;
  /**
   * Reads the PSP's own message from an error body: `(body) => body.optionalString('message')`. The message becomes part of the error
   * message; it is truncated, and secrets are redacted. If the function throws, a default message is used.
   */
  extractErrorMessage?: (body: Json) => string | undefined;
  /**
   * Strings that are redacted in errors. The headers of `authentication` and the form fields of the request are redacted in any case. An
   * item may be `undefined`, for a setting that is absent.
   */
  secrets?: readonly (string | undefined)[];
  /** The clock for delays and token expiry. Default: the system clock. */
  clock?: HttpClock;
}

/** A rate limit: at most `requests` requests in any period of `intervalMs`. All of them may be sent at the same moment. */
export interface RateLimit {
  /** The maximum number of requests, at least 1. */
  requests: number;
  /** The length of the period in milliseconds, greater than 0. */
  intervalMs: number;
}

/**
 * The number of periods into which a minute is divided. With short periods, an order does not have to wait long after a listing has used up
 * the current period.
 */
const PERIODS_PER_MINUTE = 12;

/** Returns the rate limit for a PSP that allows `requestsPerMinute` requests per minute, distributed over the minute. */
export function limitPerMinute(requestsPerMinute: number): RateLimit {
  const requests = Math.max(1, Math.floor(requestsPerMinute / PERIODS_PER_MINUTE));
  return { requests, intervalMs: 60_000 / Math.max(1, Math.min(requestsPerMinute, PERIODS_PER_MINUTE)) };
}

/** The rules for repeating idempotent requests. */
export interface RetryPolicy {
  /** The maximum number of attempts, including the first attempt. With 1, no request is repeated. Default: 3. */
  maxAttempts?: number;
  /**
   * The maximum delay before a repeated request, in milliseconds. If the PSP's Retry-After is longer, the call fails at once. Default: 5
   * 000.
   */
  maxDelayMs?: number;
}
