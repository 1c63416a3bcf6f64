/** Errors as the contract words them: every answer that is not a success is `{"Title", "Detail"}`. */
import { HttpException, HttpStatus } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';
import { PspError, UnavailableError, type PspErrorKind } from '../errors.js';

/** Source: Generic Connector document, `Error`. */
export interface ErrorBody {
  Title: string;
  Detail: string;
}

/** An answer that we chose: its words reach the client as they are. */
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

/** A request that is well-formed and asks for something that cannot be: clients must not repeat it. */
export function unprocessable(title: string, detail: string): ContractError {
  return new ContractError(HttpStatus.UNPROCESSABLE_ENTITY, title, detail);
}

export interface ErrorAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: ErrorBody;
}

/**
 * What a client may know of an error. Messages of errors that are not ours are never passed on: they hold paths, queries,
 * and what a PSP said.
 * @param requestId names the request in the log
 */
export function answerTo(error: unknown, requestId: string): ErrorAnswer {
  if (error instanceof PspError) return answerToPsp(error);
  if (error instanceof UnavailableError) return UNAVAILABLE;
  const status = statusOf(error);
  if (status === undefined || status >= 500) return internalError(status ?? 500, requestId);
  const body = error instanceof HttpException ? error.getResponse() : undefined;
  if (isErrorBody(body)) return { status, headers: headersOf(error), body };
  return { status, headers: {}, body: plainBody(status) };
}

/** Clients ask again by themselves after a 503; nobody needs to know what is away. Databases are back within seconds. */
const UNAVAILABLE: ErrorAnswer = {
  status: 503,
  headers: { 'retry-after': '5' },
  body: {
    Title: 'Gateway unavailable',
    Detail: 'The gateway cannot reach its store for now. Try again later.',
  },
};

/** For what goes wrong before a handler is reached: the words depend on the status alone. */
export function plainBody(status: number): ErrorBody {
  return {
    Title: STATUS_CODES[status] ?? 'Error',
    Detail: DETAILS[status] ?? 'The request cannot be answered; see the documentation of the contract.',
  };
}

const DETAILS: Readonly<Record<number, string>> = {
  400: 'The request is not valid HTTP: check the encoding of the URL, the headers and the length of the body.',
  404: 'Nothing is served at this path. A connector is served under /<name>, or /<tenant>/<name>.',
  408: 'The request did not arrive in time.',
  413: 'The body is longer than this server accepts.',
  414: 'A part of the path is longer than this server accepts.',
  415: 'The Content-Type is none that this server understands; send application/json.',
  431: 'The URL and the headers together are longer than this server accepts.',
};

function internalError(status: number, requestId: string): ErrorAnswer {
  const Detail = `Something went wrong inside the gateway. Its log says what, under the request id ${requestId}.`;
  return { status, headers: {}, body: { Title: STATUS_CODES[status] ?? 'Internal Server Error', Detail } };
}

/**
 * Clients retry 5xx and 429, and end the run at other 4xx: what a person must mend at the gateway is 502, so that the client
 * goes on by itself afterwards.
 */
const PSP_ANSWERS: Readonly<Record<PspErrorKind, { status: number; body: ErrorBody }>> = {
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

function answerToPsp(error: PspError): ErrorAnswer {
  const { retryAfter } = error.details;
  const headers: Record<string, string> =
    retryAfter === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(retryAfter / 1000))) };
  return { ...PSP_ANSWERS[error.kind], headers };
}

/** Of Nest's exceptions and of Fastify's errors. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const status: unknown = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : undefined;
}

function isErrorBody(body: unknown): body is ErrorBody {
  return typeof body === 'object' && body !== null && 'Title' in body && 'Detail' in body;
}

function headersOf(error: unknown): Readonly<Record<string, string>> {
  const headers: unknown = error instanceof Error && 'headers' in error ? error.headers : undefined;
  return typeof headers === 'object' && headers !== null ? (headers as Record<string, string>) : {};
}
