/**
 * Reads a Formance Ledger through its API v2. Sources: the OpenAPI document of Ledger v2.4; for the filter by id, the file
 * `internal/storage/ledger/resource_transactions.go` of formancehq/ledger.
 */
import type { LedgerPosting, LedgerTransaction } from '@tributary/feed';
import { LedgerError, type LedgerSource } from './ledger-source.js';
import { parseLosslessJson } from './parse-lossless-json.js';

const PAGE_SIZE = 1000;
const DEFAULT_TIMEOUT_MS = 30_000;

export interface HttpLedgerOptions {
  /** Base URL of the Ledger, e.g. `https://ledger.example.com`. In a Formance Stack, the URL is `https://stack.example.com/api/ledger`. */
  url: string;
  /** Name of the ledger. */
  ledger: string;
  /** The bearer token that is sent with each request; absent for a Ledger without authentication. */
  token?: string | undefined;
  timeoutMs?: number;
}

export function createHttpLedgerSource({
  url,
  ledger,
  token,
  timeoutMs = DEFAULT_TIMEOUT_MS,
}: HttpLedgerOptions): LedgerSource {
  const base = `${url.replace(/\/+$/, '')}/v2/${encodeURIComponent(ledger)}`;
  const get = async (path: string, query: Record<string, string>): Promise<unknown> => {
    const target = `${base}${path}`;
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${target}?${new URLSearchParams(query).toString()}`, {
        headers: {
          accept: 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        signal: AbortSignal.timeout(timeoutMs),
      });
      text = await response.text();
    } catch (error) {
      throw new LedgerError(
        `GET ${target} failed: ${describeFailure(error)}; check the URL, and that the ledger runs`,
      );
    }
    if (!response.ok)
      throw new LedgerError(
        `GET ${target} was answered ${response.status}; expected 200${response.status === 401 ? ': check the token and its scope ledger:read' : ''}`,
      );
    try {
      return parseLosslessJson(text);
    } catch {
      throw new LedgerError(
        `GET ${target} was answered with a body that is not JSON; check that the URL is a Ledger`,
      );
    }
  };
  return {
    name: `${url.replace(/\/+$/, '')}/${ledger}`,
    async listTransactions(afterId) {
      const query = JSON.stringify({ $gt: { id: afterId } });
      const body = await get('/transactions', { pageSize: String(PAGE_SIZE), sort: 'id:asc', query });
      const list = readProperty(readProperty(body, 'cursor'), 'data');
      if (!Array.isArray(list)) throw malformed('cursor.data', 'a list', list);
      const transactions = list.map(parseTransaction);
      let previous = afterId;
      for (const { id } of transactions) {
        if (id <= previous)
          throw new LedgerError(
            `the ledger ${ledger} listed transaction ${id} after ${previous}; expected ascending ids after ${afterId}. The ledger must be a Ledger v2 that sorts by id`,
          );
        previous = id;
      }
      return transactions;
    },
    async getBalances(address) {
      const query = JSON.stringify({ $match: { address } });
      const data = readProperty(await get('/aggregate/balances', { query }), 'data');
      if (typeof data !== 'object' || data === null) throw malformed('data', 'an object', data);
      return new Map(Object.entries(data).map(([asset, amount]) => [asset, toAmount(amount, asset)]));
    },
  };
}

function parseTransaction(value: unknown): LedgerTransaction {
  const id = Number(toAmount(readProperty(value, 'id'), 'id'));
  const timestamp = readProperty(value, 'timestamp');
  const at = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN;
  if (Number.isNaN(at)) throw malformed(`timestamp of transaction ${id}`, 'a time', timestamp);
  const postings = readProperty(value, 'postings');
  if (!Array.isArray(postings)) throw malformed(`postings of transaction ${id}`, 'a list', postings);
  const reference = readProperty(value, 'reference');
  return {
    ...{ id, at, reference: typeof reference === 'string' && reference !== '' ? reference : undefined },
    metadata: parseMetadata(readProperty(value, 'metadata')),
    postings: postings.map((posting) => parsePosting(posting, id)),
  };
}

function parsePosting(value: unknown, id: number): LedgerPosting {
  const text = (key: string): string => {
    const found = readProperty(value, key);
    if (typeof found !== 'string')
      throw malformed(`${key} of a posting of transaction ${id}`, 'a string', found);
    return found;
  };
  const amount = toAmount(readProperty(value, 'amount'), `amount of transaction ${id}`).toString();
  return { source: text('source'), destination: text('destination'), asset: text('asset'), amount };
}

function parseMetadata(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/**
 * Checks that a value of the response is an integer. `parseLosslessJson` returns integers as bigint.
 * @throws LedgerError when the value is not an integer
 */
function toAmount(value: unknown, name: string): bigint {
  if (typeof value === 'bigint') return value;
  throw malformed(name, 'an integer', value);
}

function readProperty(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function malformed(name: string, expected: string, found: unknown): LedgerError {
  return new LedgerError(`the ledger answered with ${name} of type ${typeof found}; expected ${expected}`);
}

/** Returns the reason of a failed request. `fetch` puts the reason into the property `cause` of its error. */
function describeFailure(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (!(cause instanceof Error)) return String(cause);
  // The code of a timeout is a number that means nothing to the reader of the message, so it is left out.
  const { code } = cause as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : cause.message;
}
