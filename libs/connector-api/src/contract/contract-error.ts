/** Errors of the contract. The body of every error response is `{"Title": …, "Detail": …}`. */
import { HttpException, HttpStatus } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';
import { DamagedDataError, GatewayUnavailableError, PspError, type PspErrorKind } from '../errors.js';

/** The JSON of an error response. Source: Generic Connector document, `Error`. */
export interface ErrorBody {
  Title: string;
  Detail: string;
}

/** An error of the gateway with a status, title and detail that the client receives unchanged. */
export class ContractError extends HttpException {
  constructor(
    status: HttpStatus,
    title: string,
    detail: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super({ Title: title, Detail: detail } satisfies ErrorBody, status);
  }
}

/** Creates an error with status 422 for a well-formed request that cannot be fulfilled. Clients do not repeat a request after a 422. */
export function createUnprocessableError(title: string, detail: string): ContractError {
  return new ContractError(HttpStatus.UNPROCESSABLE_ENTITY, title, detail);
}

/** The status and the body of an error response. */
export interface ErrorResponse {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: ErrorBody;
}

/**
 * Converts an error to a response. Only a `ContractError` sends its own message to the client. Other messages are replaced, because they
 * may contain paths, queries and data of the PSP.
 * @param requestId the id of the request in the log
 */
export function toErrorResponse(error: unknown, requestId: string): ErrorResponse {
  if (error instanceof PspError) return pspErrorToResponse(error);
  if (error instanceof GatewayUnavailableError) return STORE_UNAVAILABLE_RESPONSE;
  if (error instanceof DamagedDataError) return damagedDataResponse(requestId);
  const status = getErrorStatus(error);
  if (status === undefined || status >= 500) return internalErrorResponse(status ?? 500, requestId);
  const body = error instanceof HttpException ? error.getResponse() : undefined;
  if (isErrorBody(body)) return { status, headers: getErrorHeaders(error), body };
  return { status, headers: {}, body: createDefaultErrorBody(status) };
}

/**
 * The response while the database is unavailable. Its status is 503, because clients repeat a request after a 503 without human action.
 * Most databases are available again within seconds.
 */
const STORE_UNAVAILABLE_RESPONSE: ErrorResponse = {
  status: 503,
  headers: { 'retry-after': '5' },
  body: {
    Title: 'Gateway unavailable',
    Detail: 'The gateway cannot reach its store for now. Try again later.',
  },
};

function damagedDataResponse(requestId: string): ErrorResponse {
  const Detail = `Rows of this page are damaged in the gateway's database, so they are not served. The gateway's operator must repair them; the log names them under the request id ${requestId}.`;
  return { status: 500, headers: {}, body: { Title: 'Stored data damaged', Detail } };
}

/** Returns the error body for a request that failed before it reached a handler. The body depends only on the status. */
export function createDefaultErrorBody(status: number): ErrorBody {
  return {
    Title: STATUS_CODES[status] ?? 'Error',
    Detail:
      DETAIL_BY_STATUS[status] ?? 'The request cannot be answered; see the documentation of the contract.',
  };
}

const DETAIL_BY_STATUS: Readonly<Record<number, string>> = {
  400: 'The request is not valid HTTP: check the encoding of the URL, the headers and the length of the body.',
  404: 'Nothing is served at this path. A connector is served under /<name>, or /<tenant>/<name>.',
  408: 'The request did not arrive in time.',
  413: 'The body is longer than this server accepts.',
  414: 'A part of the path is longer than this server accepts.',
  415: 'The Content-Type is none that this server understands; send application/json.',
  431: 'The URL and the headers together are longer than this server accepts.',
};

function internalErrorResponse(status: number, requestId: string): ErrorResponse {
  const Detail = `Something went wrong inside the gateway. Its log says what, under the request id ${requestId}.`;
  return { status, headers: {}, body: { Title: STATUS_CODES[status] ?? 'Internal Server Error', Detail } };
}

/**
 * Maps plugin errors to responses. Clients repeat requests after 5xx and 429, and stop after other 4xx. Wrong PSP credentials are therefore
 * a 502: after an operator has corrected the credentials, clients continue without human action.
 */
const RESPONSE_BY_PSP_ERROR_KIND: Readonly<Record<PspErrorKind, { status: number; body: ErrorBody }>> = {
  rejected: {
    status: 422,
    body: {
      Title: 'Refused by the PSP',
      Detail: "The PSP refuses this request. The gateway's log says why.",
    },
  },
  unauthorized: {
    status: 502,
    body: {
      Title: 'PSP credentials refused',
      Detail: "The PSP does not accept the connector's credentials. The gateway's operator must renew them.",
    },
  },
  'rate-limited': {
    status: 429,
    body: { Title: 'PSP rate limit', Detail: 'The PSP takes no more requests for now. Try again later.' },
  },
  unavailable: {
    status: 503,
    body: { Title: 'PSP unavailable', Detail: 'The PSP cannot be reached for now. Try again later.' },
  },
  'unknown-outcome': {
    status: 503,
    body: {
      Title: 'Outcome unknown',
      Detail:
        'The PSP did not answer in time, and its decision is not known yet. Ask again with the same data.',
    },
  },
};

function pspErrorToResponse(error: PspError): ErrorResponse {
  const { retryAfterMs } = error.details;
  const headers: Record<string, string> =
    retryAfterMs === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
  return { ...RESPONSE_BY_PSP_ERROR_KIND[error.kind], headers };
}

/**
 * Returns the HTTP status of a Nest exception or a Fastify error.
 * @returns `undefined` for any other error
 */
function getErrorStatus(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const status: unknown = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : undefined;
}

function isErrorBody(body: unknown): body is ErrorBody {
  return typeof body === 'object' && body !== null && 'Title' in body && 'Detail' in body;
}

function getErrorHeaders(error: unknown): Readonly<Record<string, string>> {
  const headers: unknown = error instanceof Error && 'headers' in error ? error.headers : undefined;
  return typeof headers === 'object' && headers !== null ? (headers as Record<string, string>) : {};
}
