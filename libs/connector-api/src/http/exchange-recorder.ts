/**
 * Records the requests that a plugin sends during one call, and the PSP's responses, for the timeline of an order. `PspHttp` finds the active
 * recorder by itself, so a plugin does nothing for it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  ExchangeRedactor,
  pickRequestHeaders,
  pickResponseHeaders,
  toUnredactedBody,
  type RecordedBody,
  type UnredactedBody,
} from './exchange-redaction.js';
import type { HttpMethod, PreparedRequest } from './request.types.js';
import type { RawResponse, TransportFailure } from './transport.js';

/** One request to the PSP and its response, without secrets and full account numbers. */
export interface RecordedExchange {
  /** The time of the request in milliseconds since 1970, by the clock of the recorder. */
  at: number;
  /** The time until the end of the response. It is absent if the call ended before the response. */
  durationMs?: number;
  method: HttpMethod;
  /** The path and the query. */
  path: string;
  requestHeaders: Record<string, string>;
  requestBody?: RecordedBody;
  /** The status of the response; absent if there was no complete response. */
  status?: number;
  responseHeaders?: Record<string, string>;
  responseBody?: RecordedBody;
  /** The reason why there was no complete response. */
  failure?: string;
}

/** The maximum number of exchanges of one call. If a call has more, the last ones are kept, because they decide the outcome of the call. */
const MAX_EXCHANGES = 10;

/** An exchange before it is redacted. */
interface RawExchange {
  at: number;
  durationMs?: number;
  method: HttpMethod;
  url: string;
  requestHeaders: Record<string, string>;
  requestBody: UnredactedBody;
  result?: RawResult;
  redact: (text: string) => string;
}

type RawResult =
  { status: number; headers: Record<string, string>; body: UnredactedBody } | { failure: string };

const activeRecorder = new AsyncLocalStorage<ExchangeRecorder | undefined>();

export class ExchangeRecorder {
  private readonly exchanges: RawExchange[] = [];

  /** @param now returns milliseconds since 1970 */
  constructor(private readonly now: () => number) {}

  /** True if the call sent no request through `PspHttp`. */
  get isEmpty(): boolean {
    return this.exchanges.length === 0;
  }

  /** Makes a call. The requests that the call sends are recorded. */
  run<T>(call: () => T): T {
    return activeRecorder.run(this, call);
  }

  /**
   * Records that a request is sent.
   * @param request the request without the headers of `Authentication`
   * @param redact removes the connector's secrets from a string
   * @returns a function to call with the result of the request
   */
  recordRequest(
    request: PreparedRequest,
    redact: (text: string) => string,
  ): (result: RawResponse | TransportFailure) => void {
    const exchange: RawExchange = {
      ...{ at: this.now(), method: request.method, url: request.url, redact },
      requestHeaders: pickRequestHeaders((name) => request.headers[name]),
      requestBody: toUnredactedBody(Buffer.from(request.body)),
    };
    this.exchanges.push(exchange);
    if (this.exchanges.length > MAX_EXCHANGES) this.exchanges.shift();
    return (result) => {
      exchange.durationMs = Math.max(0, this.now() - exchange.at);
      exchange.result = toRawResult(result);
    };
  }

  /**
   * Returns the exchanges without secrets. The redaction takes processor time, so it is not done during the call.
   * @param redact removes the secrets of the deployment from a string
   */
  redactExchanges(redact: (text: string) => string): RecordedExchange[] {
    return this.exchanges.map((exchange) => redactExchange(exchange, redact));
  }
}

/** Returns the recorder of the current call, if the call is recorded. */
export function getActiveRecorder(): ExchangeRecorder | undefined {
  return activeRecorder.getStore();
}

/** Makes a call whose requests are not recorded, e.g. the request of an access token. */
export function withoutRecording<T>(call: () => T): T {
  return activeRecorder.run(undefined, call);
}

/** Keeps of a response only what is recorded, so that a large response does not stay in memory. */
function toRawResult(result: RawResponse | TransportFailure): RawResult {
  if ('message' in result) return { failure: result.message };
  const headers = pickResponseHeaders((name) => result.header(name));
  return { status: result.status, headers, body: toUnredactedBody(result.body) };
}

function redactExchange(
  { at, durationMs, method, url, requestHeaders, requestBody, result, redact }: RawExchange,
  redactDeploymentSecrets: (text: string) => string,
): RecordedExchange {
  const redactor = new ExchangeRedactor((text) => redactDeploymentSecrets(redact(text)));
  redactor.collectAccountNumbers(requestBody);
  if (result && 'body' in result) redactor.collectAccountNumbers(result.body);
  const sentBody = redactor.redactBody(requestBody);
  return {
    ...{ at, method, path: redactor.redactUrl(url) },
    ...(durationMs !== undefined && { durationMs }),
    requestHeaders: redactor.redactHeaders(requestHeaders),
    ...(sentBody && { requestBody: sentBody }),
    ...(result && redactResult(result, redactor)),
  };
}

function redactResult(
  result: RawResult,
  redactor: ExchangeRedactor,
): Pick<RecordedExchange, 'status' | 'responseHeaders' | 'responseBody' | 'failure'> {
  if ('failure' in result) return { failure: redactor.redactText(result.failure) };
  const { status, headers, body } = result;
  const responseBody = redactor.redactBody(body);
  return {
    ...{ status, responseHeaders: redactor.redactHeaders(headers) },
    ...(responseBody && { responseBody }),
  };
}
