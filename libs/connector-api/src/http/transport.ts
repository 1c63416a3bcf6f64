/** One exchange over the network. Axios' errors carry the request with its credentials: none of them leaves this file. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { HttpService } from '@nestjs/axios';
import axios, { AxiosError } from 'axios';
import type { AxiosResponse } from 'axios';
import { surelyNotSent } from './not-sent.js';
import type { Outgoing } from './request.js';

export interface Exchange {
  status: number;
  body: Buffer;
  header(name: string): string | undefined;
}

/** No answer, or not a whole one. */
export interface Failure {
  /** For people; without anything that was sent. */
  failed: string;
  /** False only when it is certain that nothing of the request reached the PSP. */
  sent: boolean;
  /** The deadline passed. */
  late: boolean;
}

interface Bounds {
  deadline: number;
  /** Aborted when it has passed. */
  timeout: AbortSignal;
  largestAnswer: number;
  signal: AbortSignal;
  /** Not over a connection kept from before: the PSP may be closing it just now, and then nobody knows whether it took the request. */
  freshConnection: boolean;
}

/** How long an idle connection is kept: less than the 60 s after which load balancers commonly close theirs. */
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
      // A redirect would carry the credentials, and orders, somewhere else.
      maxRedirects: 0,
      // Axios sends what is meant for HTTPS to a proxy of the environment in clear text.
      proxy: false,
      transformRequest: [(data: unknown) => data],
      transformResponse: [(data: unknown) => data],
      validateStatus: () => true,
    }),
  );

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

  /** Ends the connections that are idle; requests under way end with their signal. */
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

/** Axios' own messages and codes name neither headers nor body; other errors' messages may. */
function describe(error: unknown, sent: boolean): string {
  if (!(error instanceof AxiosError)) return 'the request could not be made';
  if (error.code === AxiosError.ERR_CANCELED) return 'the connector was closed';
  if (/maxContentLength/.test(error.message)) return 'the answer is longer than expected';
  return `${sent ? 'no whole answer' : 'no connection'} (${error.code ?? 'connection lost'})`;
}
