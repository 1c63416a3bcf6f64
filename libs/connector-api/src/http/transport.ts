/**
 * Sends one HTTP request with Axios. Errors of Axios contain the request with its credentials. Therefore this file converts these errors
 * and never passes them on.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { HttpService } from '@nestjs/axios';
import axios, { AxiosError } from 'axios';
import type { AxiosResponse } from 'axios';
import { isCertainlyNotSent } from './certainly-not-sent.js';
import type { PreparedRequest } from './request.types.js';

/** A response with any status, before it is interpreted. */
export interface RawResponse {
  status: number;
  body: Buffer;
  header(name: string): string | undefined;
}

/** The result of a request that had no response, or only an incomplete response. */
export interface TransportFailure {
  /** A message for people. It contains no data of the request. */
  message: string;
  /** False only if it is certain that no part of the request reached the PSP. */
  mayHaveBeenSent: boolean;
  /** True if the timeout has passed. */
  timedOut: boolean;
}

interface SendOptions {
  /** The timeout in milliseconds, for the message. */
  timeoutMs: number;
  /** A signal that is aborted when the timeout has passed. */
  timeoutSignal: AbortSignal;
  /** The maximum size of the response body in bytes. */
  maxResponseBytes: number;
  /** A signal that is aborted when the connector is closed, or when the caller cancels the request. */
  cancelSignal: AbortSignal;
  /**
   * Whether a new connection is opened for the request. The PSP may be closing a kept connection at this moment. It would then be unknown
   * whether the PSP received the request.
   */
  useNewConnection: boolean;
}

/**
 * The time in ms for which idle connections are kept. It is less than 60 s, because load balancers commonly close idle connections after 60
 * s.
 */
const KEEP_ALIVE_MS = 30_000;

export class Transport {
  private readonly agents = {
    httpAgent: new HttpAgent({ keepAlive: true, timeout: KEEP_ALIVE_MS }),
    httpsAgent: new HttpsAgent({ keepAlive: true, timeout: KEEP_ALIVE_MS }),
  };
  private readonly newConnectionAgents = { httpAgent: new HttpAgent(), httpsAgent: new HttpsAgent() };
  private readonly http = new HttpService(
    axios.create({
      adapter: 'http',
      responseType: 'arraybuffer',
      // Redirects are not followed, because they would send the credentials and orders to another host.
      maxRedirects: 0,
      // Proxy settings in the environment variables are ignored, because Axios would send HTTPS requests to the proxy in clear text.
      proxy: false,
      transformRequest: [(data: unknown) => data],
      transformResponse: [(data: unknown) => data],
      validateStatus: () => true,
    }),
  );

  /** Sends a request. The method never throws; if the request fails, the result is a `TransportFailure`. */
  async send(request: PreparedRequest, options: SendOptions): Promise<RawResponse | TransportFailure> {
    const { timeoutSignal } = options;
    try {
      const response = await this.http.axiosRef.request<Buffer>({
        ...(options.useNewConnection ? this.newConnectionAgents : this.agents),
        method: request.method,
        url: request.url,
        headers: { ...request.headers },
        ...(request.body === '' ? {} : { data: Buffer.from(request.body) }),
        maxContentLength: options.maxResponseBytes,
        signal: AbortSignal.any([timeoutSignal, options.cancelSignal]),
      });
      return { status: response.status, body: response.data, header: (name) => getHeader(response, name) };
    } catch (error) {
      if (timeoutSignal.aborted) {
        return {
          message: `no whole answer within ${options.timeoutMs / 1000} s`,
          mayHaveBeenSent: true,
          timedOut: true,
        };
      }
      const mayHaveBeenSent = !isCertainlyNotSent(error);
      return { message: describeFailure(error, mayHaveBeenSent), mayHaveBeenSent, timedOut: false };
    }
  }

  /** Closes idle connections. Running requests end when their signal is aborted. */
  close(): void {
    this.agents.httpAgent.destroy();
    this.agents.httpsAgent.destroy();
  }
}

function getHeader({ headers }: AxiosResponse, name: string): string | undefined {
  const value: unknown = headers[name.toLowerCase()];
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' ? value : undefined;
}

/**
 * Describes a failure for a message. The codes of Axios errors contain neither headers nor body, so a code can be used. Messages of other
 * errors may contain headers or body, so they are not used.
 */
function describeFailure(error: unknown, sent: boolean): string {
  if (!(error instanceof AxiosError)) return 'the request could not be made';
  if (error.code === AxiosError.ERR_CANCELED) return 'the request was cancelled';
  if (/maxContentLength/.test(error.message)) return 'the answer is longer than expected';
  return `${sent ? 'no whole answer' : 'no connection'} (${error.code ?? 'connection lost'})`;
}
