/** The service that is checked. The class sends requests to it, and stores the content of its lists in memory. */
import type { Stream } from '@tributary/connector-api';
import type { ClientResponse } from './clients/decode-response.js';
import { createAgent, sendRequest } from './clients/send-request.js';
import type { TestPayout } from './test-payout.types.js';

/** The page size that Formance's releases since v3.1 use. */
export const LIST_PAGE_SIZE = 100;

export interface ServerOptions {
  /** The URL of the connector, as in `endpoint` of an installation. */
  url: string;
  key: string;
  /** The maximum number of rows that are read from a list. Default: 10 000. */
  maxRows?: number;
  /** The time in ms for which the service is watched for new rows. Default: 5 000. */
  watchMs?: number;
  payout?: TestPayout;
}

export interface RequestOptions {
  method?: 'GET' | 'POST';
  /** The key of the request. With `undefined`, the key of the run is sent. With `null`, no key is sent. */
  key?: string | null;
  body?: unknown;
}

export type ServedRow = Readonly<Record<string, unknown>> & { id: string };

/** The property by which a list is sorted and filtered. */
export const ROW_TIME_PROPERTY = {
  accounts: 'createdAt',
  beneficiaries: 'createdAt',
  transactions: 'updatedAt',
} as const satisfies Record<Stream, string>;

export class ServerUnderTest {
  readonly watchMs: number;
  readonly payout: TestPayout | undefined;
  private readonly baseUrl: string;
  private readonly agent: ReturnType<typeof createAgent>;
  private readonly drains = new Map<Stream, Promise<ServedRow[]>>();

  constructor(private readonly options: ServerOptions) {
    this.baseUrl = options.url.replace(/\/+$/, '');
    this.watchMs = options.watchMs ?? 5_000;
    this.payout = options.payout;
    this.agent = createAgent(this.baseUrl);
  }

  /** Sends a request. Redirects are not followed, because Formance's client does not send the key to another URL. */
  request(path: string, { method = 'GET', key, body }: RequestOptions = {}): Promise<ClientResponse> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (key !== null) headers['authorization'] = `Bearer ${key ?? this.options.key}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    return sendRequest(this.baseUrl + path, this.agent, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /**
   * Requests a page of a list.
   * @throws Error if the response is not a page
   */
  async readPage(stream: Stream, query: Readonly<Record<string, string | number>>): Promise<ServedRow[]> {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) parameters.set(name, String(value));
    const path = `/${stream}?${parameters.toString()}`;
    const { status, body } = await this.request(path);
    if (status !== 200) throw new Error(`GET ${path} has the status ${status}`);
    const rows = parseJson(body);
    if (!Array.isArray(rows)) throw new Error(`GET ${path} returns no JSON array`);
    return rows as ServedRow[];
  }

  /** Reads a list from its beginning to its end, or until the maximum number of rows is reached. */
  async drain(stream: Stream, pageSize = LIST_PAGE_SIZE, maxRows = this.maxRows): Promise<ServedRow[]> {
    const rows: ServedRow[] = [];
    for (let page = 1; rows.length < maxRows; page++) {
      const found = await this.readPage(stream, {
        page,
        pageSize,
        sort: `${ROW_TIME_PROPERTY[stream]}:asc`,
      });
      rows.push(...found);
      if (found.length < pageSize) break;
    }
    return rows.slice(0, maxRows);
  }

  /** Returns the rows of a list. The list is read completely at the first call in a run. All checks share these rows. */
  rows(stream: Stream): Promise<ServedRow[]> {
    let drain = this.drains.get(stream);
    if (drain === undefined) this.drains.set(stream, (drain = this.drain(stream)));
    return drain;
  }

  close(): void {
    this.agent.destroy();
  }

  private get maxRows(): number {
    return this.options.maxRows ?? 10_000;
  }
}

/** Returns the parsed value, or `undefined` if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
