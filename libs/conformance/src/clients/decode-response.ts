/**
 * Decodes a response from JSON to rows. A page is decoded completely or not at all. If one property has a wrong type, one word is unknown
 * or one time is invalid, the client rejects the whole page and requests the same page again. Source: `client/generated/model_*.go` of each
 * release, and the rules of Go's encoding/json.
 */
import type { Stream } from '@tributary/connector-api';
import { ZERO_TIME, parseGoTime, type GoTime } from './go-time.js';
import type { ClientVersion } from './client-versions.js';

export class ResponseRejected extends Error {
  override readonly name = 'ResponseRejected';
}

/** A decoded row. As in Formance's clients, a string that the service did not send is empty. */
export interface DecodedRow {
  id: string;
  createdAt: GoTime;
  /** The time from which the next poll can continue after this row: `updatedAt` of a transaction, `createdAt` of other rows. */
  watermark: GoTime;
  metadata: Record<string, string>;
  transaction?: {
    type: string;
    status: string;
    amount: string;
    currency: string;
    relatedId: string | undefined;
  };
}

export interface DecodedBalances {
  accountId: string;
  at: GoTime;
  balances: { amount: string; currency: string }[];
}

export interface ClientResponse {
  status: number;
  contentType: string;
  body: string;
}

/**
 * Decodes a page.
 * @throws ResponseRejected with the reason if the client would reject the page
 */
export function decodePage(version: ClientVersion, stream: Stream, answer: ClientResponse): DecodedRow[] {
  const page = decodeBody(version, answer);
  if (page === undefined || page === null) return [];
  if (!Array.isArray(page)) throw new ResponseRejected(`an array belongs here, found ${typeof page}`);
  return page.map((element, index) =>
    decodeRow(version, stream, new JsonProperties(element, `row ${index}`)),
  );
}

/**
 * Decodes balances.
 * @throws ResponseRejected with the reason if the client would reject the balances
 */
export function decodeBalances(version: ClientVersion, answer: ClientResponse): DecodedBalances {
  const members = new JsonProperties(decodeBody(version, answer), 'balances');
  members.readString('id');
  return {
    accountId: members.readString('accountID'),
    at: members.readTime('at'),
    balances: members.readList('balances').map((balance) => ({
      amount: balance.readString('amount'),
      currency: balance.readString('currency'),
    })),
  };
}

/** Matches the content types that the client decodes as JSON. Source: `decode` of the generated client. */
const JSON_TYPE_PATTERN = /(?:application|text)\/(?:vnd\.[^;]+\+)?json/i;

function decodeBody(version: ClientVersion, { status, contentType, body }: ClientResponse): unknown {
  if (status < 200 || status >= 300) throw new ResponseRejected(`status ${status}`);
  if (version.httpClient === 'generated') {
    // The generated client treats an empty body as an empty list.
    if (body === '') return undefined;
    if (!JSON_TYPE_PATTERN.test(contentType))
      throw new ResponseRejected(`content type ${contentType || '(none)'}`);
  }
  try {
    return JSON.parse(body) as unknown;
  } catch (error) {
    throw new ResponseRejected('not JSON', { cause: error });
  }
}

function decodeRow(version: ClientVersion, stream: Stream, members: JsonProperties): DecodedRow {
  const id = members.readString('id');
  const createdAt = members.readTime('createdAt');
  const metadata = members.readMetadata();
  switch (stream) {
    case 'accounts':
    case 'beneficiaries':
      members.readString(stream === 'accounts' ? 'accountName' : 'ownerName');
      return { id, createdAt, watermark: createdAt, metadata };
    case 'transactions': {
      for (const optional of ['scheme', 'sourceAccountID', 'destinationAccountID'])
        members.readString(optional);
      const transaction = {
        type: members.readEnumWord('type', version.words.types),
        status: members.readEnumWord('status', version.words.statuses),
        amount: members.readString('amount'),
        currency: members.readString('currency'),
        relatedId: members.readOptionalString('relatedTransactionID'),
      };
      return { id, createdAt, watermark: members.readTime('updatedAt'), metadata, transaction };
    }
  }
}

/** Reads the properties of one JSON object. An absent property and null both mean "no value", except for an enum. */
class JsonProperties {
  private readonly properties: Record<string, unknown>;

  constructor(
    value: unknown,
    private readonly where: string,
  ) {
    if (value === null) this.properties = {};
    else if (typeof value === 'object' && !Array.isArray(value))
      this.properties = value as Record<string, unknown>;
    else throw new ResponseRejected(`${where} is no object`);
  }

  readString(name: string): string {
    return this.readOptionalString(name) ?? '';
  }

  readOptionalString(name: string): string | undefined {
    const value = this.properties[name] ?? undefined;
    if (value === undefined || typeof value === 'string') return value;
    throw this.createRejection(name, `is a ${typeof value}, not a string`);
  }

  readTime(name: string): GoTime {
    const text = this.readOptionalString(name);
    if (text === undefined) return ZERO_TIME;
    const time = parseGoTime(text);
    if (time === undefined) throw this.createRejection(name, `"${text}" is no RFC 3339 time`);
    return time;
  }

  /** Reads a word of an enum. An absent word is accepted and becomes OTHER; null is rejected. */
  readEnumWord(name: string, words: ReadonlySet<string>): string {
    const value = this.properties[name];
    if (value === undefined) return 'OTHER';
    if (typeof value === 'string' && words.has(value)) return value;
    throw this.createRejection(name, `${JSON.stringify(value)} is not a word of this version`);
  }

  readMetadata(): Record<string, string> {
    const value = this.properties['metadata'] ?? {};
    if (typeof value !== 'object' || Array.isArray(value))
      throw this.createRejection('metadata', 'is no object');
    for (const [key, text] of Object.entries(value)) {
      if (text !== null && typeof text !== 'string')
        throw this.createRejection(`metadata ${key}`, 'is not a string');
    }
    return value as Record<string, string>;
  }

  readList(name: string): JsonProperties[] {
    const value = this.properties[name] ?? [];
    if (!Array.isArray(value)) throw this.createRejection(name, 'is no array');
    return value.map((element, index) => new JsonProperties(element, `${this.where}, ${name} ${index}`));
  }

  private createRejection(name: string, why: string): ResponseRejected {
    return new ResponseRejected(`${this.where}: ${name} ${why}`);
  }
}
