/** The HTTP client that plugins use to call their PSP. */
import type { OnApplicationShutdown } from '@nestjs/common';
import { PspError } from '../errors.js';
import { AnswerError } from './answer-error.js';
import type { Authentication } from './authentication.js';
import { systemHttpClock } from './http-clock.js';
import type { HttpClock } from './http-clock.js';
import type { HttpOptions } from './http-options.js';
import type { Json } from './json.js';
import { readOutcome } from './outcome.js';
import { RateLimiter } from './rate-limiter.js';
import { checkBaseUrl, fillPath, queryText } from './request-target.js';
import type { Answer, Outgoing, PspRequest, RequestOptions } from './request.js';
import { pauseBefore } from './retry.js';
import { scrubber, secretsOf } from './secrets.js';
import { Transport } from './transport.js';
import type { Exchange, Failure } from './transport.js';

const DEADLINE = 30_000;
/**
 * The maximum time that a request which moves money waits for the rate limit. The caller gives up after half a minute, and a request that
 * is sent later must not move money.
 */
const LONGEST_TURN = 5_000;
const LARGEST_ANSWER = 32 * 1024 * 1024;

/**
 * The HTTP client of one connector. It handles what every plugin needs: credentials, timeouts, the rate limit, retries of idempotent
 * requests, the meaning of statuses, exact numbers, and the redaction of secrets in errors. Plugins inject it, see `createHttpProvider`.
 *
 * ```ts
 * const payment = await this.http.get('/payments/{id}', { params: { id } });
 * const amount = parseMoney(payment.decimal('amount', 'value'), payment.string('amount', 'currency'));
 * ```
 */
export class PspHttp implements OnApplicationShutdown {
  readonly #options: HttpOptions;
  readonly #baseUrl: string;
  readonly #clock: HttpClock;
  readonly #limiter: RateLimiter | undefined;
  readonly #transport = new Transport();
  readonly #closed = new AbortController();

  /** @throws Error for an invalid base URL or rate limit */
  constructor(options: HttpOptions) {
    this.#options = options;
    this.#baseUrl = checkBaseUrl(options.name, options.baseUrl);
    this.#clock = options.clock ?? systemHttpClock;
    this.#limiter = options.rateLimit && new RateLimiter(options.rateLimit, this.#clock);
  }

  /**
   * Sends a GET request and returns the JSON of the response.
   * @param path a template that begins with a slash: `/payments/{id}`
   * @throws PspError `rejected` (4xx), `unauthorized` (401, 403, 407), `rate-limited` (429) or `unavailable` (everything else)
   */
  async get(path: string, options: RequestOptions = {}): Promise<Json> {
    return (await this.send({ ...options, method: 'GET', path })).json;
  }

  /** Like `get`, but an object that does not exist is no error. @returns `undefined` if the PSP responds 404 with a JSON body */
  async find(path: string, options: RequestOptions = {}): Promise<Json | undefined> {
    try {
      return await this.get(path, options);
    } catch (error) {
      // A 404 without JSON suggests a wrong base URL. It must not make an order count as unknown to the PSP.
      if (error instanceof AnswerError && error.status === 404 && error.body.has()) return undefined;
      throw error;
    }
  }

  /**
   * Sends a POST request once and returns the JSON of the response. It is repeated only with `RequestOptions.idempotent`.
   * @throws PspError `rejected`, `unauthorized` or `rate-limited` if the PSP declined the request. Some PSPs decline a repeated request
   * ("duplicate request"): inspect `PspResponseError.body`
   * @throws PspError `unavailable` if nothing was sent, or if the request is idempotent
   * @throws PspError `unknown-outcome` in every other case, because the PSP may have executed the request
   */
  async post(path: string, options: RequestOptions = {}): Promise<Json> {
    return (await this.send({ ...options, method: 'POST', path })).json;
  }

  /** Sends any request and returns the response with its status and headers. @throws PspError like `get` and `post` */
  async send(request: PspRequest): Promise<Answer> {
    const repeatable = isRepeatable(request);
    for (let attempt = 1; ; attempt += 1) {
      const exchange = await this.#authorized(request);
      try {
        return this.#read(exchange, request, repeatable);
      } catch (error) {
        const pause = repeatable ? pauseBefore(attempt, exchange, error, this.#options.retries) : undefined;
        if (pause === undefined) throw error;
        await this.#wait(pause);
      }
    }
  }

  /** Closes idle connections and aborts running requests and delays. Nest calls it on shutdown. */
  onApplicationShutdown(): void {
    this.#closed.abort();
    this.#transport.close();
  }

  /** Sends a request, and sends it again with new credentials after a 401. The PSP has not executed a request with response 401. */
  async #authorized(request: PspRequest): Promise<Sent> {
    const { authentication } = this.#options;
    const first = await this.#exchange(request, authentication);
    if ('failed' in first.result || first.result.status !== 401 || request.authenticated === false)
      return first;
    return authentication?.refused(first.credentials) ? this.#exchange(request, authentication) : first;
  }

  async #exchange(request: PspRequest, authentication: Authentication | undefined): Promise<Sent> {
    const credentials = request.authenticated === false ? {} : await this.#credentials(authentication);
    await this.#admitted(isRepeatable(request) ? Infinity : LONGEST_TURN);
    // The request is prepared after the delay, because a signature can contain the time.
    const outgoing = await this.#outgoing(request);
    const { deadline = DEADLINE, largestAnswer = LARGEST_ANSWER } = { ...this.#options, ...given(request) };
    const timeout = this.#clock.deadline?.(deadline) ?? AbortSignal.timeout(deadline);
    const bounds = { deadline, timeout, largestAnswer, signal: this.#closed.signal };
    const result = await this.#transport.exchange(
      { ...outgoing, headers: { ...outgoing.headers, ...credentials } },
      { ...bounds, freshConnection: !isRepeatable(request) },
    );
    return { result, credentials };
  }

  async #credentials(authentication: Authentication | undefined): Promise<Readonly<Record<string, string>>> {
    const send = (request: PspRequest) => this.send(request);
    return (await authentication?.authorize({ clock: this.#clock, send })) ?? {};
  }

  async #outgoing(request: PspRequest): Promise<Outgoing> {
    const { method, path, params, query, body, form, sign } = request;
    const content = contentOf(body, form);
    const unsigned: Outgoing = {
      method,
      url: this.#baseUrl + fillPath(path, params) + queryText(query),
      headers: lowerCased({
        accept: 'application/json',
        'user-agent': 'tributary',
        ...(content.type === undefined ? {} : { 'content-type': content.type }),
        ...this.#options.headers,
        ...request.headers,
      }),
      body: content.text,
    };
    if (sign === undefined) return unsigned;
    return { ...unsigned, headers: { ...unsigned.headers, ...lowerCased(await sign(unsigned)) } };
  }

  #read({ result, credentials }: Sent, request: PspRequest, repeatable: boolean): Answer {
    const { name, secrets = [], explain } = this.#options;
    const scrub = scrubber([...secrets, ...secretsOf(credentials), ...formSecrets(request)]);
    return readOutcome(result, {
      where: scrub(`${name}: ${request.method} ${fillPath(request.path, request.params)}`),
      repeatable,
      now: this.#clock.now(),
      explain,
      scrub,
    });
  }

  /** Waits until the rate limit allows a request. @throws PspError `rate-limited`, before sending, if that takes longer than `maxWaitMs` */
  async #admitted(longest: number): Promise<void> {
    const turn = this.#limiter?.turn(longest);
    if (turn === undefined) return;
    if (turn.granted) return turn.in > 0 ? this.#wait(turn.in) : undefined;
    throw new PspError(
      'rate-limited',
      `${this.#options.name}: not sent: the connector's own rate limit is used up for ${Math.ceil(turn.in / 1000)} s`,
      { retryAfter: turn.in },
    );
  }

  async #wait(milliseconds: number): Promise<void> {
    await this.#clock.sleep(milliseconds, this.#closed.signal).catch(() => this.#refuseClosed());
  }

  /** Reports that the connector was closed during a delay. At this point the request has not been sent. */
  #refuseClosed(): never {
    throw new PspError('unavailable', `${this.#options.name}: the connector was closed`);
  }
}

interface Sent {
  result: Exchange | Failure;
  credentials: Readonly<Record<string, string>>;
}

function isRepeatable({ repeatable, method }: PspRequest): boolean {
  return repeatable ?? method === 'GET';
}

function given({ deadline }: PspRequest): { deadline?: number } {
  return deadline === undefined ? {} : { deadline };
}

/** Returns the form fields that must be redacted. Token requests contain secrets in their form, in every field except the grant type. */
function formSecrets({ form = {} }: PspRequest): string[] {
  return Object.entries(form).flatMap(([key, value]) => (key === 'grant_type' ? [] : [value]));
}

function contentOf(body: PspRequest['body'], form: PspRequest['form']): { text: string; type?: string } {
  if (form !== undefined) {
    return { text: new URLSearchParams(form).toString(), type: 'application/x-www-form-urlencoded' };
  }
  return body === undefined ? { text: '' } : { text: JSON.stringify(body), type: 'application/json' };
}

/** Converts header names to lower case. If two names differ only in case, the later one wins. */
function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
