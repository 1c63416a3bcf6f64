import type { Authentication } from './authentication.js';
import type { HttpClock } from './http-clock.js';
import type { Json } from './json-accessors.js';

/** The configuration of a `PspHttp`: how one connector calls its PSP. All durations are milliseconds. */
export interface HttpOptions {
  /** The PSP's name for people. Every error message begins with it: `Revolut`. */
  name: string;
  /** The URL that the paths are appended to: `https://b2b.revolut.com/api/1.0`. Only `https`, or `http` to a loopback address. */
  baseUrl: string;
  /**
   * Whether `http` is accepted for every host. Only for a service in the operator's own network, which the operator's own settings name.
   * Default: false.
   */
  isPlainHttpAllowed?: boolean;
  /** Adds the credentials to every request. Default: requests have no credentials. */
  authentication?: Authentication;
  /** Headers of every request, e.g. the version of the API. */
  headers?: Readonly<Record<string, string>>;
  /** The timeout of one attempt in milliseconds, from sending to the last byte of the response. Default: 30 000. */
  timeoutMs?: number;
  /** The maximum size of a response body in bytes, after decompression. A longer one counts as no response. Default: 32 MiB. */
  maxResponseBytes?: number;
  /** The rate limit of the PSP. All requests of the connector share it, and a request waits until it is allowed. Default: none. */
  rateLimit?: RateLimit;
  /** How idempotent requests are repeated within one call. */
  retries?: RetryPolicy;
  /**
   * Extracts the PSP's own message from an error body: `(body) => body.optionalString('message')`. It becomes part of the error message,
   * truncated and with secrets redacted. If the function throws, a default message is used.
   */
  extractErrorMessage?: (body: Json) => string | undefined;
  /**
   * Strings that are redacted in errors, in addition to the headers of `authentication` and the form fields of the request. Settings that are
   * absent may be in the list as `undefined`.
   */
  secrets?: readonly (string | undefined)[];
  /** Default: the system clock. */
  clock?: HttpClock;
}

/** At most `requests` requests in any period of `intervalMs`. All of them may be sent at once. */
export interface RateLimit {
  /** The maximum number of requests, at least 1. */
  requests: number;
  /** The length of the period in milliseconds, greater than 0. */
  intervalMs: number;
}

/** A minute is divided into this many periods, so that an order never waits long behind a listing. */
const PERIODS_PER_MINUTE = 12;

/** Returns the rate limit of a PSP that allows `requestsPerMinute`, spread over the minute. */
export function limitPerMinute(requestsPerMinute: number): RateLimit {
  const requests = Math.max(1, Math.floor(requestsPerMinute / PERIODS_PER_MINUTE));
  return { requests, intervalMs: 60_000 / Math.max(1, Math.min(requestsPerMinute, PERIODS_PER_MINUTE)) };
}

/** How idempotent requests are repeated. */
export interface RetryPolicy {
  /** The maximum number of attempts, including the first one. 1 means no repeats. Default: 3. */
  maxAttempts?: number;
  /** The maximum delay before a repeat in milliseconds. If the PSP's Retry-After is longer, the call fails at once. Default: 5 000. */
  maxDelayMs?: number;
}
