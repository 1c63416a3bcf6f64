import type { Authentication } from './authentication.js';
import type { HttpClock } from './http-clock.js';
import type { Json } from './json.js';

/** How one connector speaks to its PSP. Times are milliseconds. */
export interface HttpOptions {
  /** The PSP's name for people; every error message begins with it: `Revolut`. */
  name: string;
  /** Paths are appended to it: `https://b2b.revolut.com/api/1.0`. Only `https`, or `http` to this machine itself. */
  baseUrl: string;
  /** Adds the credentials to every request; without it requests carry none. */
  authentication?: Authentication;
  /** Sent with every request, e.g. the version of the API. */
  headers?: Readonly<Record<string, string>>;
  /** For one attempt, from sending to the last byte of the answer. Default 30 s. */
  deadline?: number;
  /** Bytes of an answer, unpacked. A longer one counts as broken. Default 32 MiB. */
  largestAnswer?: number;
  /** What the PSP allows: all requests of the connector together keep to it by waiting. */
  rateLimit?: RateLimit;
  /** Repeats of repeatable requests, within one call. */
  retries?: Retries;
  /**
   * The PSP's own words about an error, from its error body: `(body) => body.optionalText('message')`. They become part of the message
   * (cut, and without secrets). It may throw.
   */
  explain?: (body: Json) => string | undefined;
  /** Texts that never appear in an error, besides those that `authentication` sends. */
  secrets?: readonly string[];
  clock?: HttpClock;
}

export interface RateLimit {
  /** So many requests … */
  requests: number;
  /** … in so many milliseconds. They may come all at once. */
  per: number;
}

export interface Retries {
  /** Attempts in all; 1 for no repeats. Default 3. */
  attempts?: number;
  /** The longest wait before one repeat; a Retry-After beyond it ends the call with `rate-limited`. Default 5 s. */
  longestWait?: number;
}
