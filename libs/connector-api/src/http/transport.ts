/**
 * Sends one HTTP request with Axios. Axios errors contain the request with its credentials, so this file converts them and never passes
 * them on.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { HttpService } from '@nestjs/axios';
import axios, { AxiosError } from 'axios';
import type { AxiosResponse } from 'axios';
import { surelyNotSent } from './not-sent.js';
import type { Outgoing } from './request.js';

/** A response with any status, not interpreted yet. */
export interface Exchange {
  status: number;
  body: Buffer;
  header(name: string): string | undefined;
}

/** The request had no response, or an incomplete one. */
export interface Failure {
  /** A message for people that contains nothing of the request. */
  failed: string;
  /** False only if it is certain that nothing of the request reached the PSP. */
  sent: boolean;
  /** True if the timeout has passed. */
  late: boolean;
}

interface Bounds {
  /** The timeout in milliseconds, for the message. */
  deadline: number;
  /** A signal that is aborted when the timeout has passed. */
  timeout: AbortSignal;
  /** The maximum size of the response body in bytes. */
  largestAnswer: number;
  /** A signal that is aborted when the connector is closed. */
  signal: AbortSignal;
  /**
   * True to open a new connection. The PSP may be closing a kept connection at this moment, and then it is unknown whether it received
   * the request.
   */
  freshConnection: boolean;
}

/** Idle connections are kept for this time. It is less than 60 s, after which load balancers commonly close idle connections. */
const KEEP_ALIVE = 30_000;

export class Transport {
  private readonly agents = {
    httpAgent: new HttpAgent({ keepAlive: true, timeout: KEEP_ALIVE }),
    httpsAgent: new HttpsAgent({ keepAlive: true, timeout: KEEP_ALIVE }),
  };
  private readonly freshAgents = { httpAgent: new HttpAgent(), httpsAgent: new HttpsAgent() };
  private readonly http = new HttpService(
    axios.create({
      adapter: 'http',
      responseType: 'arraybuffer',
      // A redirect would send the credentials and orders to another host.
      maxRedirects: 0,
      // With a proxy from the environment variables, Axios would send HTTPS requests to the proxy in clear text.
      proxy: false,
      transformRequest: [(data: unknown) => data],
      transformResponse: [(data: unknown) => data],
      validateStatus: () => true,
    }),
  );

  /** Sends a request. It never throws: a failure is part of the result. */
  async exchange(outgoing: Outgoing, bounds: Bounds): Promise<Exchange | Failure> {
    const { timeout } = bounds;
    try {
      const response = await this.http.axiosRef.request<Buffer>({
        ...(bounds.freshConnection ? this.freshAgents : this.agents),
        method: outgoing.method,
        url: outgoing.url,
        headers: { ...outgoing.headers },
        ...(outgoing.body === '' ? {} : { data: Buffer.from(outgoing.body) }),
        maxContentLength: bounds.largestAnswer,
        signal: AbortSignal.any([timeout, bounds.signal]),
      });
      return { status: response.status, body: response.data, header: (name) => headerOf(response, name) };
    } catch (error) {
      if (timeout.aborted) {
        return { failed: `no whole answer within ${bounds.deadline / 1000} s`, sent: true, late: true };
      }
      const sent = !surelyNotSent(error);
      return { failed: describe(error, sent), sent, late: false };
    }
  }

  /** Closes idle connections. Running requests end when their signal is aborted. */
  close(): void {
    this.agents.httpAgent.destroy();
    this.agents.httpsAgent.destroy();
  }
}

function headerOf({ headers }: AxiosResponse, name: string): string | undefined {
  const value: unknown = headers[name.toLowerCase()];
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' ? value : undefined;
}

/** Describes a failure. Codes of Axios contain neither headers nor body. Messages of other errors may contain them and are not used. */
function describe(error: unknown, sent: boolean): string {
  if (!(error instanceof AxiosError)) return 'the request could not be made';
  if (error.code === AxiosError.ERR_CANCELED) return 'the connector was closed';
  if (/maxContentLength/.test(error.message)) return 'the answer is longer than expected';
  return `${sent ? 'no whole answer' : 'no connection'} (${error.code ?? 'connection lost'})`;
}
