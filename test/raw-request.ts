/** Sends one HTTP request unchanged, byte by byte, and returns the complete response. */
import { request } from 'node:http';

export interface HttpReply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  contentType: string;
  body: string;
  /** The time from the request to the end of the response, in milliseconds. */
  durationMs: number;
}

export interface HttpRequestOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

export function sendRequest(
  url: string,
  { method = 'GET', headers = {}, body }: HttpRequestOptions = {},
): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const sent = request(url, { method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          contentType: response.headers['content-type'] ?? '',
          body: text,
          durationMs: performance.now() - began,
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
