/** The HTTP client that plugins use to call their PSP. */
import type { OnApplicationShutdown } from '@nestjs/common';
import { PspError } from '../errors.js';
import { PspResponseError } from './psp-response-error.js';
import type { Authentication } from './authentication.js';
import { getActiveRecorder, withoutRecording } from './exchange-recorder.js';
import { createTimeoutSignal, systemHttpClock } from './http-clock.js';
import type { HttpClock } from './http-clock.js';
import type { HttpOptions } from './http-options.js';
import type { Json } from './json-accessors.js';
import { interpretResponse } from './interpret-response.js';
import { PspClock } from './psp-clock.js';
import { RateLimiter } from './rate-limiter.js';
import type { RateLimitPermit } from './rate-limiter.js';
import { validateBaseUrl, fillPath, formatQuery } from './request-url.js';
import type { PspResponse, PreparedRequest, PspRequest, RequestOptions } from './request.types.js';
import { retryDelayMs } from './retry-delay.js';
import { createRedactor, extractSecrets } from './secret-redactor.js';
import { Transport } from './transport.js';
import type { RawResponse, TransportFailure } from './transport.js';

const DEFAULT_TIMEOUT_MS = 30_000;
/**
 * The maximum time in ms for which a request that moves money waits for the rate limit. The caller stops waiting after half a minute, so a
 * request must not be sent later than that.
 */
const MAX_RATE_LIMIT_WAIT_MS = 5_000;
const DEFAULT_MAX_RESPONSE_BYTES = 32 * 1024 * 1024;

/**
 * The HTTP client of one connector. It implements what every plugin needs: credentials, timeouts, the rate limit, retries of idempotent
 * requests, the interpretation of HTTP statuses, exact numbers, and the redaction of secrets in errors. Plugins inject it, see
 * `createHttpProvider`.
 *
 * ```ts
 * const payment = await this.http.get('/payments/{id}', { params: { id } });
 * const amount = parseMoney(payment.decimal('amount', 'value'), payment.string('amount', 'currency'));
 * ```
 */
export class PspHttp implements OnApplicationShutdown {
  /**
   * The clock of the connector. Listings and balances also use it, see `ListingContext`. It follows the time of the PSP, see `PspClock`. A clock
   * in the options is used as it is.
   */
  readonly clock: HttpClock;
  readonly #options: HttpOptions;
  readonly #baseUrl: string;
  readonly #limiter: RateLimiter | undefined;
  readonly #pspClock: PspClock;
  readonly #transport = new Transport();
  readonly #closed = new AbortController();

  /**
   * Creates the client of one connector. No request is sent yet.
   * @throws Error for an invalid base URL or rate limit
   */
  constructor(options: HttpOptions) {
    this.#options = options;
    this.#baseUrl = validateBaseUrl(options.name, options.baseUrl, options.isPlainHttpAllowed);
    this.#pspClock = new PspClock(systemHttpClock, options.name);
    this.clock = options.clock ?? this.#pspClock;
    this.#limiter = options.rateLimit && new RateLimiter(options.rateLimit, this.clock);
  }

  /**
   * Sends a GET request and returns the JSON of the response.
   * @param path a template that begins with a slash: `/payments/{id}`
   * @throws PspError `rejected` (4xx), `unauthorized` (401, 403, 407), `rate-limited` (429) or `unavailable` (everything else)
   */
  async get(path: string, options: RequestOptions = {}): Promise<Json> {
    return (await this.send({ ...options, method: 'GET', path })).json;
  }

  /**
   * Sends a GET request like `get`, but an object that does not exist is not an error.
   * @returns `undefined` if the PSP responds 404 with a JSON body
   */
  async find(path: string, options: RequestOptions = {}): Promise<Json | undefined> {
    try {
      return await this.get(path, options);
    } catch (error) {
      // A 404 without a JSON body suggests a wrong base URL. It does not prove that the PSP does not have the order.
      if (error instanceof PspResponseError && error.status === 404 && error.body.has()) return undefined;
      throw error;
    }
  }

  /**
   * Sends a POST request once and returns the JSON of the response. If `RequestOptions.idempotent` is set, the request is repeated after an error.
   * @throws PspError `rejected`, `unauthorized` or `rate-limited` if the PSP declined the request. Some PSPs decline a repeated request
   * ("duplicate request"): inspect `PspResponseError.body`
   * @throws PspError `unavailable` if nothing was sent, or if the request is idempotent
   * @throws PspError `unknown-outcome` in every other case, because the PSP may have executed the request
   */
  async post(path: string, options: RequestOptions = {}): Promise<Json> {
    return (await this.send({ ...options, method: 'POST', path })).json;
  }

  /**
   * Sends any request and returns the response with its status and headers.
   * @throws PspError in the same cases as `get` and `post`
   */
  async send(request: PspRequest): Promise<PspResponse> {
    const idempotent = isIdempotent(request);
    for (let attempt = 1; ; attempt += 1) {
      const sent = await this.#sendAuthenticated(request);
      try {
        return this.#interpret(sent, request, idempotent);
      } catch (error) {
        const delayMs = idempotent ? retryDelayMs(attempt, sent, error, this.#options.retries) : undefined;
        if (delayMs === undefined || request.signal?.aborted === true) throw error;
        await this.#wait(delayMs, request);
      }
    }
  }

  /** Closes idle connections, and aborts running requests and delays. Nest calls the method on shutdown. */
  onApplicationShutdown(): void {
    this.#closed.abort();
    this.#transport.close();
  }

  /** Sends a request, and after a 401 sends it again with new credentials. A PSP does not execute a request that it answers with 401. */
  async #sendAuthenticated(request: PspRequest): Promise<SentRequest> {
    const { authentication } = this.#options;
    const first = await this.#sendOnce(request, authentication);
    if ('message' in first.result || first.result.status !== 401 || request.authenticated === false)
      return first;
    return authentication?.handleUnauthorized(first.credentials)
      ? this.#sendOnce(request, authentication)
      : first;
  }

  async #sendOnce(request: PspRequest, authentication: Authentication | undefined): Promise<SentRequest> {
    const credentials =
      request.authenticated === false ? {} : await this.#createCredentialHeaders(authentication);
    const permit = await this.#waitForRateLimit(request);
    try {
      return { result: await this.#transmit(request, credentials), credentials };
    } finally {
      permit?.release();
    }
  }

  async #transmit(
    request: PspRequest,
    credentials: Readonly<Record<string, string>>,
  ): Promise<RawResponse | TransportFailure> {
    // The request is prepared after the delay of the rate limit, because its signature can contain the time.
    const prepared = await this.#prepareRequest(request);
    const { timeoutMs = DEFAULT_TIMEOUT_MS, maxResponseBytes = DEFAULT_MAX_RESPONSE_BYTES } = {
      ...this.#options,
      ...pickTimeout(request),
    };
    const timeoutSignal = createTimeoutSignal(this.clock, timeoutMs);
    const options = { timeoutMs, timeoutSignal, maxResponseBytes, cancelSignal: this.#cancelSignal(request) };
    const recordResult = getActiveRecorder()?.recordRequest(
      prepared,
      this.#createRedactor(request, credentials),
    );
    const result = await this.#transport.send(
      { ...prepared, headers: { ...prepared.headers, ...credentials } },
      { ...options, useNewConnection: !isIdempotent(request) },
    );
    recordResult?.(result);
    if (!('message' in result)) this.#pspClock.compare((name) => result.header(name));
    return result;
  }

  async #createCredentialHeaders(
    authentication: Authentication | undefined,
  ): Promise<Readonly<Record<string, string>>> {
    const send = (request: PspRequest) => this.send(request);
    // A request of an access token consists of secrets only, and can be shared by several calls, so it is not recorded.
    return (await withoutRecording(() => authentication?.createHeaders({ clock: this.clock, send }))) ?? {};
  }

  async #prepareRequest(request: PspRequest): Promise<PreparedRequest> {
    const { method, path, params, query, body, form, sign } = request;
    const content = encodeBody(body, form);
    const unsigned: PreparedRequest = {
      method,
      url: this.#baseUrl + fillPath(path, params) + formatQuery(query),
      headers: lowerCaseNames({
        accept: 'application/json',
        'user-agent': 'tributary',
        ...(content.type === undefined ? {} : { 'content-type': content.type }),
        ...this.#options.headers,
        ...request.headers,
      }),
      body: content.text,
    };
    if (sign === undefined) return unsigned;
    return { ...unsigned, headers: { ...unsigned.headers, ...lowerCaseNames(await sign(unsigned)) } };
  }

  #interpret({ result, credentials }: SentRequest, request: PspRequest, idempotent: boolean): PspResponse {
    const { name, extractErrorMessage } = this.#options;
    const redact = this.#createRedactor(request, credentials);
    return interpretResponse(result, {
      label: redact(`${name}: ${request.method} ${fillPath(request.path, request.params)}`),
      idempotent,
      acceptsText: request.acceptsText,
      now: this.clock.now(),
      extractErrorMessage,
      redact,
    });
  }

  /** Returns a function that removes the secrets of this connector and of this request from a string. */
  #createRedactor(
    request: PspRequest,
    credentials: Readonly<Record<string, string>>,
  ): (text: string) => string {
    return createRedactor([
      ...(this.#options.secrets ?? []).filter((secret) => secret !== undefined),
      ...extractSecrets(credentials),
      ...extractFormSecrets(request),
    ]);
  }

  /**
   * Waits until the rate limit allows a request.
   * @throws PspError `rate-limited`, before sending, if a request that moves money would have to wait too long
   */
  async #waitForRateLimit(request: PspRequest): Promise<RateLimitPermit | undefined> {
    if (request.signal?.aborted === true) this.#throwCancelled(request);
    const maxWaitMs = isIdempotent(request) ? Infinity : MAX_RATE_LIMIT_WAIT_MS;
    const acquired = await this.#limiter
      ?.acquire(maxWaitMs, this.#cancelSignal(request))
      .catch(() => this.#throwCancelled(request));
    if (acquired === undefined || 'release' in acquired) return acquired;
    throw new PspError(
      'rate-limited',
      `${this.#options.name}: not sent: the connector's own rate limit is used up for ${Math.ceil(acquired.retryAfterMs / 1000)} s`,
      { retryAfterMs: acquired.retryAfterMs },
    );
  }

  async #wait(milliseconds: number, request: PspRequest): Promise<void> {
    await this.clock
      .sleep(milliseconds, this.#cancelSignal(request))
      .catch(() => this.#throwCancelled(request));
  }

  #cancelSignal({ signal }: PspRequest): AbortSignal {
    return signal ? AbortSignal.any([this.#closed.signal, signal]) : this.#closed.signal;
  }

  /**
   * Throws the error for a request that was cancelled during a delay, or whose connector was closed. The request has not been sent at this
   * point.
   */
  #throwCancelled({ signal }: PspRequest): never {
    const reason = signal?.aborted ? 'the request was cancelled' : 'the connector was closed';
    throw new PspError('unavailable', `${this.#options.name}: ${reason}`);
  }
}

interface SentRequest {
  result: RawResponse | TransportFailure;
  credentials: Readonly<Record<string, string>>;
}

function isIdempotent({ idempotent, method }: PspRequest): boolean {
  return idempotent ?? method === 'GET';
}

function pickTimeout({ timeoutMs }: PspRequest): { timeoutMs?: number } {
  return timeoutMs === undefined ? {} : { timeoutMs };
}

/**
 * Returns the form fields that must be redacted. These are all fields except the grant type, because the form of a token request contains
 * secrets.
 */
function extractFormSecrets({ form = {} }: PspRequest): string[] {
  return Object.entries(form).flatMap(([key, value]) => (key === 'grant_type' ? [] : [value]));
}

function encodeBody(body: PspRequest['body'], form: PspRequest['form']): { text: string; type?: string } {
  if (form !== undefined) {
    return { text: new URLSearchParams(form).toString(), type: 'application/x-www-form-urlencoded' };
  }
  return body === undefined ? { text: '' } : { text: JSON.stringify(body), type: 'application/json' };
}

/** Converts header names to lower case. If two names differ only in case, the later value is used. */
function lowerCaseNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
