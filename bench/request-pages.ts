/** Requests pages one after the other over one connection, as Formance does. `page-requests.ts` starts it, and sends it the URLs. */
import { Agent, get } from 'node:http';

export interface RequestedPages {
  urls: readonly string[];
  key: string;
  /** The number of rows that each page must have. */
  rowsPerPage: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

process.on('disconnect', () => process.exit());
process.on('message', (message) => {
  requestAll(message as RequestedPages).then(
    () => process.send?.(''),
    (error: unknown) => process.send?.(String(error)),
  );
});

async function requestAll({ urls, key, rowsPerPage }: RequestedPages): Promise<void> {
  for (const url of urls) {
    const rows: unknown = JSON.parse(await request(url, key));
    const found = Array.isArray(rows) ? rows.length : 0;
    if (found !== rowsPerPage) throw new Error(`${url}: the page has ${found} rows`);
  }
}

/** @throws Error when the status of the response is not 200 */
function request(url: string, key: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { authorization: `Bearer ${key}` } }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('end', () =>
        response.statusCode === 200
          ? resolve(text)
          : reject(new Error(`${url}: ${response.statusCode} ${text}`)),
      );
    }).on('error', reject);
  });
}
