/**
 * The HTTP client of one connector. It owns what every PSP needs and no plugin should repeat: credentials, deadlines, the rate limit,
 * repeats where they do no harm, the meaning of statuses, exact numbers, and errors without secrets.
 */
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
/** Whoever pays has given up on the call after half a minute: a request that waited so long must not move money then. */
const LONGEST_TURN = 5_000;
const LARGEST_ANSWER = 32 * 1024 * 1024;

export class PspHttp implements OnApplicationShutdown {
  readonly #options: HttpOptions;
  readonly #baseUrl: string;
  readonly #clock: HttpClock;
  readonly #limiter: RateLimiter | undefined;
  readonly #transport = new Transport();
  readonly #closed = new AbortController();

  /** @throws Error for a base URL or a rate limit that cannot be used. */
  constructor(options: HttpOptions) {
    this.#options = options;
    this.#baseUrl = checkBaseUrl(options.name, options.baseUrl);
    this.#clock = options.clock ?? systemHttpClock;
    this.#limiter = options.rateLimit && new RateLimiter(options.rateLimit, this.#clock);
  }

  /**
   * Reads something.
   * @throws PspError `rejected` (4xx), `unauthorized` (401, 403), `rate-limited` (429), or `unavailable`
   */
  async get(path: string, options: RequestOptions = {}): Promise<Json> {
    return (await this.send({ ...options, method: 'GET', path })).json;
  }

  /** As `get`; `undefined` where the PSP itself (in JSON) answers 404. */
  async find(path: string, options: RequestOptions = {}): Promise<Json | undefined> {
    try {
      return await this.get(path, options);
    } catch (error) {
      // A 404 in HTML rather tells that the base URL is wrong; an order must not be taken for unknown because of it.
      if (error instanceof AnswerError && error.status === 404 && error.body.has()) return undefined;
      throw error;
    }
  }

  /**
   * Asks for something to be done, once (see `RequestOptions.repeatable`).
   * @throws PspError `unavailable` only when nothing reached the PSP (or where it is repeatable); `rejected`, `unauthorized` and `rate-limited`
   * when the PSP said no; `unknown-outcome` otherwise. Some PSPs reject a repeat ("duplicate request"): look at `AnswerError.body`.
   */
  async post(path: string, options: RequestOptions = {}): Promise<Json> {
    return (await this.send({ ...options, method: 'POST', path })).json;
  }

  /** Any request, with the answer's status and headers. @throws PspError like `get` and `post`. */
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

  /** Ends idle connections and waits. Called by Nest. */
  onApplicationShutdown(): void {
    this.#closed.abort();
    this.#transport.close();
  }

  /** One exchange; one more when the credentials had run out. A request that was answered with 401 was not carried out. */
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
    // Last, because a signature carries the time.
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

  /** @throws PspError `rate-limited` where the turn would come later than in `longest` milliseconds: nothing was sent. */
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

  /** Nothing was sent yet whenever this happens. */
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

/** What a request for a token sends: all but the name of the grant may be secret. */
function formSecrets({ form = {} }: PspRequest): string[] {
  return Object.entries(form).flatMap(([key, value]) => (key === 'grant_type' ? [] : [value]));
}

function contentOf(body: PspRequest['body'], form: PspRequest['form']): { text: string; type?: string } {
  if (form !== undefined) {
    return { text: new URLSearchParams(form).toString(), type: 'application/x-www-form-urlencoded' };
  }
  return body === undefined ? { text: '' } : { text: JSON.stringify(body), type: 'application/json' };
}

/** Later ones win, whatever their case. */
function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
