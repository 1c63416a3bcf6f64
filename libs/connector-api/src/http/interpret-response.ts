/** Interprets the result of an HTTP request: returns the response, or throws a `PspError` of the right kind. */
import { PspError } from '../errors.js';
import type { PspErrorKind } from '../errors.js';
import { PspResponseError } from './psp-response-error.js';
import { Json } from './json-accessors.js';
import type { PspResponse } from './request.types.js';
import { parseRetryAfter } from './retry-after.js';
import type { RawResponse, TransportFailure } from './transport.js';

/** The properties of a request on which the meaning of its response depends. */
export interface RequestInfo {
  /** The name of the PSP, the method and the path, for messages: `Acme: GET /payments`. */
  label: string;
  /** True if the request can be repeated safely. If it is false and the response is missing, the error is `unknown-outcome`. */
  idempotent: boolean;
  /** The current time in milliseconds since 1970. */
  now: number;
  /** Whether the response may be a text instead of JSON, see `RequestOptions.acceptsText`. */
  acceptsText?: boolean | undefined;
  /** Reads the PSP's own message from an error body, see `HttpOptions.extractErrorMessage`. */
  extractErrorMessage: ((body: Json) => string | undefined) | undefined;
  /** Redacts the secrets in a string. */
  redact: (text: string) => string;
}

const MAX_MESSAGE_LENGTH = 300;
/** The success statuses whose response may have no body. */
const STATUSES_WITHOUT_BODY = new Set([201, 202, 204, 205]);

/**
 * Returns the response if its status is 2xx and its body is JSON. An empty body or a text is accepted where the status or the request
 * allows it.
 * @throws PspError in every other case
 */
export function interpretResponse(result: RawResponse | TransportFailure, request: RequestInfo): PspResponse {
  if ('message' in result) throw noResponseError(result, request);
  const { status } = result;
  const body = parseBody(result.body);
  if (status < 200 || status > 299) throw errorResponseError(result, body, request);
  const mayLackJson = result.body.length === 0 ? STATUSES_WITHOUT_BODY.has(status) : request.acceptsText;
  const json = body ?? (mayLackJson === true ? Json.absent : undefined);
  if (json === undefined) {
    throw new PspError(
      noResponseKind(request),
      `${request.label}: answered ${status} with ${describeBody(result)}; expected JSON`,
      {
        status,
      },
    );
  }
  return {
    status,
    json,
    getText: () => result.body.toString('utf8'),
    header: (name) => result.header(name),
  };
}

function noResponseError({ message, mayHaveBeenSent }: TransportFailure, request: RequestInfo): PspError {
  if (!mayHaveBeenSent) return new PspError('unavailable', `${request.label}: not sent: ${message}`);
  return new PspError(noResponseKind(request), `${request.label}: ${message}`);
}

function errorResponseError(response: RawResponse, body: Json | undefined, request: RequestInfo): PspError {
  const { status } = response;
  const fromPsp = body === undefined ? response.body.length === 0 : !isProxyError(body);
  const kind = classifyStatus(status, request, fromPsp);
  const retryAfterMs = parseRetryAfter(response.header('retry-after'), request.now);
  const details = { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  const message = (body && pspErrorMessage(body, request)) ?? DEFAULT_MESSAGES[kind];
  const redirect = status < 400 ? 'a redirect, which is not followed; is the base URL right?' : message;
  return new PspResponseError(
    kind,
    `${request.label}: answered ${status}: ${redirect}`,
    details,
    body ?? Json.absent,
  );
}

/**
 * Returns the kind of the error for a status.
 * @param fromPsp false if the body suggests that a proxy responded instead of the PSP, e.g. with an HTML page or with Cloudflare's JSON
 */
function classifyStatus(status: number, request: RequestInfo, fromPsp: boolean): PspErrorKind {
  if (status === 401 || status === 407) return 'unauthorized';
  // A 403 with such a body comes from a proxy or a firewall in front of the PSP. Such a 403 does not mean that the credentials are wrong.
  if (status === 403) return fromPsp ? 'unauthorized' : noResponseKind(request);
  if (status === 429) return 'rate-limited';
  if (status < 400 || status >= 500 || status === 408 || status === 425) return noResponseKind(request);
  // A 409 can mean a conflict with an earlier request that had the same idempotency key. The PSP may have executed the earlier request.
  if (!request.idempotent && (status === 409 || !fromPsp)) return 'unknown-outcome';
  return 'rejected';
}

/**
 * Returns true for the JSON with which Cloudflare declines a request that accepts JSON. Source: Cloudflare's document "Error responses", RFC 9457
 * problem details with the member `cloudflare_error`.
 */
function isProxyError(body: Json): boolean {
  return body.scalar('cloudflare_error') === 'true';
}

function noResponseKind({ idempotent }: RequestInfo): PspErrorKind {
  return idempotent ? 'unavailable' : 'unknown-outcome';
}

const DEFAULT_MESSAGES: Readonly<Record<PspErrorKind, string>> = {
  rejected: 'it refuses the request',
  unauthorized: 'the credentials are wrong, expired, or lack a permission',
  'rate-limited': 'too many requests',
  unavailable: 'it is down or overloaded',
  'unknown-outcome': 'it is not known whether the request was carried out',
};

/**
 * Parses a body. Bytes that are not UTF-8 become U+FFFD, so that one wrong byte in a description does not block the whole page.
 * @returns `undefined` if the body is not JSON
 */
function parseBody(body: Buffer): Json | undefined {
  try {
    return Json.parse(new TextDecoder('utf-8').decode(body));
  } catch {
    return undefined;
  }
}

function describeBody(response: RawResponse): string {
  if (response.body.length === 0) return 'an empty body';
  const start = response.body.subarray(0, 200).toString('latin1').trimStart().toLowerCase();
  return start.startsWith('<') ? 'HTML or XML' : 'something that is no JSON, or not all of it';
}

/**
 * Returns the PSP's own message as one line, truncated and redacted.
 * @returns `undefined` if the body contains no message
 */
function pspErrorMessage(body: Json, { extractErrorMessage, redact }: RequestInfo): string | undefined {
  try {
    // Control characters are replaced, because line breaks would split the log entry.
    const message = extractErrorMessage?.(body)
      ?.replace(/[\u0000-\u001f\u007f]+/g, ' ')
      .trim();
    return message ? redact(message).slice(0, MAX_MESSAGE_LENGTH) : undefined;
  } catch {
    return undefined;
  }
}
