/** Interprets the result of an HTTP request: returns the response, or throws the right kind of `PspError`. */
import { PspError } from '../errors.js';
import type { PspErrorKind } from '../errors.js';
import { AnswerError } from './answer-error.js';
import { Json } from './json.js';
import type { Answer } from './request.js';
import { readRetryAfter } from './retry-after.js';
import type { Exchange, Failure } from './transport.js';

/** The properties of a request that decide what its response means. */
export interface Asked {
  /** PSP, method and path for messages: `Acme: GET /payments`. */
  where: string;
  /** True if the request can be repeated safely. If false, a missing response is an unknown outcome. */
  repeatable: boolean;
  /** The current time in milliseconds since 1970. */
  now: number;
  /** See `HttpOptions.extractErrorMessage`. */
  explain: ((body: Json) => string | undefined) | undefined;
  /** Redacts the secrets in a string. */
  scrub: (text: string) => string;
}

const LONGEST_EXPLANATION = 300;
/** Success statuses that need no body. */
const BODYLESS = new Set([201, 202, 204, 205]);

/** Returns the response if its status is 2xx and its body is JSON (or may be empty). @throws PspError in every other case */
export function readOutcome(exchange: Exchange | Failure, asked: Asked): Answer {
  if ('failed' in exchange) throw lost(exchange, asked);
  const { status } = exchange;
  const body = readBody(exchange.body);
  if (status < 200 || status > 299) throw refusal(exchange, body, asked);
  const json = body ?? (exchange.body.length === 0 && BODYLESS.has(status) ? Json.nothing : undefined);
  if (json === undefined) {
    throw new PspError(
      lostKind(asked),
      `${asked.where}: answered ${status} with ${describeBody(exchange)}; expected JSON`,
      {
        status,
      },
    );
  }
  return { status, json, header: (name) => exchange.header(name) };
}

function lost({ failed, sent }: Failure, asked: Asked): PspError {
  if (!sent) return new PspError('unavailable', `${asked.where}: not sent: ${failed}`);
  return new PspError(lostKind(asked), `${asked.where}: ${failed}`);
}

function refusal(exchange: Exchange, body: Json | undefined, asked: Asked): PspError {
  const { status } = exchange;
  const kind = kindOf(status, asked, body !== undefined || exchange.body.length === 0);
  const retryAfter = readRetryAfter(exchange.header('retry-after'), asked.now);
  const details = { status, ...(retryAfter === undefined ? {} : { retryAfter }) };
  const words = (body && explainSafely(body, asked)) ?? ADVICE[kind];
  const redirect = status < 400 ? 'a redirect, which is not followed; is the base URL right?' : words;
  return new AnswerError(
    kind,
    `${asked.where}: answered ${status}: ${redirect}`,
    details,
    body ?? Json.nothing,
  );
}

/** @param fromPsp false if the body suggests that a proxy has responded instead of the PSP, e.g. with an HTML page */
function kindOf(status: number, asked: Asked, fromPsp: boolean): PspErrorKind {
  if (status === 401 || status === 403 || status === 407) return 'unauthorized';
  if (status === 429) return 'rate-limited';
  if (status < 400 || status >= 500 || status === 408 || status === 425) return lostKind(asked);
  // A 409 can be a conflict with an earlier request with the same key, which the PSP may have executed.
  if (!asked.repeatable && (status === 409 || !fromPsp)) return 'unknown-outcome';
  return 'rejected';
}

function lostKind({ repeatable }: Asked): PspErrorKind {
  return repeatable ? 'unavailable' : 'unknown-outcome';
}

const ADVICE: Readonly<Record<PspErrorKind, string>> = {
  rejected: 'it refuses the request',
  unauthorized: 'the credentials are wrong, expired, or lack a permission',
  'rate-limited': 'too many requests',
  unavailable: 'it is down or overloaded',
  'unknown-outcome': 'it is not known whether the request was carried out',
};

/** Parses a body. @returns `undefined` if it is not JSON in UTF-8 */
function readBody(body: Buffer): Json | undefined {
  try {
    return Json.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}

function describeBody(exchange: Exchange): string {
  if (exchange.body.length === 0) return 'an empty body';
  const start = exchange.body.subarray(0, 200).toString('latin1').trimStart().toLowerCase();
  return start.startsWith('<') ? 'HTML or XML' : 'something that is no JSON, or not all of it';
}

/** Returns the PSP's own message as one line, truncated and redacted. @returns `undefined` if there is none */
function explainSafely(body: Json, { explain, scrub }: Asked): string | undefined {
  try {
    // Control characters would break log lines.
    const words = explain?.(body)
      ?.replace(/[\u0000-\u001f\u007f]+/g, ' ')
      .trim();
    return words ? scrub(words).slice(0, LONGEST_EXPLANATION) : undefined;
  } catch {
    return undefined;
  }
}
