/**
 * Decodes a response from JSON to rows, all or nothing. One property of a wrong type, one word outside the enums or one invalid time rejects the
 * whole page, and the client requests the same page again. Source: `client/generated/model_*.go` of each release, and the rules of Go's
 * encoding/json.
 */
import type { Stream } from '@tributary/connector-api';
import { ZERO_TIME, parseGoTime, type GoTime } from './go-time.js';
import type { ClientVersion } from './versions.js';

export class PageRejected extends Error {
  override readonly name = 'PageRejected';
}

/** A decoded row. Strings that were not sent are empty, as in the clients. */
export interface Row {
  id: string;
  createdAt: GoTime;
  /** Time of the stream's watermark: `updatedAt` of a transaction, `createdAt` of the others. */
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

export interface Answer {
  status: number;
  contentType: string;
  body: string;
}

/**
 * Decodes a page.
 * @throws PageRejected with the reason, where the client would reject it
 */
export function decodePage(version: ClientVersion, stream: Stream, answer: Answer): Row[] {
  const page = decodeBody(version, answer);
  if (page === undefined || page === null) return [];
  if (!Array.isArray(page)) throw new PageRejected(`an array belongs here, found ${typeof page}`);
  return page.map((element, index) => decodeRow(version, stream, new Members(element, `row ${index}`)));
}

/**
 * Decodes balances.
 * @throws PageRejected with the reason, where the client would reject them
 */
export function decodeBalances(version: ClientVersion, answer: Answer): DecodedBalances {
  const members = new Members(decodeBody(version, answer), 'balances');
  members.text('id');
  return {
    accountId: members.text('accountID'),
    at: members.time('at'),
    balances: members.list('balances').map((balance) => ({
      amount: balance.text('amount'),
      currency: balance.text('currency'),
    })),
  };
}

/** Source: `decode` of the generated client. */
const JSON_TYPE = /(?:application|text)\/(?:vnd\.[^;]+\+)?json/i;

function decodeBody(version: ClientVersion, { status, contentType, body }: Answer): unknown {
  if (status < 200 || status >= 300) throw new PageRejected(`status ${status}`);
  if (version.http === 'generated') {
    // The generated client takes an empty body for an empty list.
    if (body === '') return undefined;
    if (!JSON_TYPE.test(contentType)) throw new PageRejected(`content type ${contentType || '(none)'}`);
  }
  try {
    return JSON.parse(body) as unknown;
  } catch (error) {
    throw new PageRejected('not JSON', { cause: error });
  }
}

function decodeRow(version: ClientVersion, stream: Stream, members: Members): Row {
  const id = members.text('id');
  const createdAt = members.time('createdAt');
  const metadata = members.metadata();
  switch (stream) {
    case 'accounts':
    case 'beneficiaries':
      members.text(stream === 'accounts' ? 'accountName' : 'ownerName');
      return { id, createdAt, watermark: createdAt, metadata };
    case 'transactions': {
      for (const optional of ['scheme', 'sourceAccountID', 'destinationAccountID']) members.text(optional);
      const transaction = {
        type: members.word('type', version.words.types),
        status: members.word('status', version.words.statuses),
        amount: members.text('amount'),
        currency: members.text('currency'),
        relatedId: members.optionalText('relatedTransactionID'),
      };
      return { id, createdAt, watermark: members.time('updatedAt'), metadata, transaction };
    }
  }
}

/** Reads the properties of one JSON object. Absent properties and null mean "no value", except for the words of an enum. */
class Members {
  private readonly members: Record<string, unknown>;

  constructor(
    value: unknown,
    private readonly where: string,
  ) {
    if (value === null) this.members = {};
    else if (typeof value === 'object' && !Array.isArray(value))
      this.members = value as Record<string, unknown>;
    else throw new PageRejected(`${where} is no object`);
  }

  text(name: string): string {
    return this.optionalText(name) ?? '';
  }

  optionalText(name: string): string | undefined {
    const value = this.members[name] ?? undefined;
    if (value === undefined || typeof value === 'string') return value;
    throw this.rejected(name, `is a ${typeof value}, not a string`);
  }

  time(name: string): GoTime {
    const text = this.optionalText(name);
    if (text === undefined) return ZERO_TIME;
    const time = parseGoTime(text);
    if (time === undefined) throw this.rejected(name, `"${text}" is no RFC 3339 time`);
    return time;
  }

  /** Reads a word of an enum. An absent word is accepted (and becomes OTHER); null is rejected. */
  word(name: string, words: ReadonlySet<string>): string {
    const value = this.members[name];
    if (value === undefined) return 'OTHER';
    if (typeof value === 'string' && words.has(value)) return value;
    throw this.rejected(name, `${JSON.stringify(value)} is not a word of this version`);
  }

  metadata(): Record<string, string> {
    const value = this.members['metadata'] ?? {};
    if (typeof value !== 'object' || Array.isArray(value)) throw this.rejected('metadata', 'is no object');
    for (const [key, text] of Object.entries(value)) {
      if (text !== null && typeof text !== 'string')
        throw this.rejected(`metadata ${key}`, 'is not a string');
    }
    return value as Record<string, string>;
  }

  list(name: string): Members[] {
    const value = this.members[name] ?? [];
    if (!Array.isArray(value)) throw this.rejected(name, 'is no array');
    return value.map((element, index) => new Members(element, `${this.where}, ${name} ${index}`));
  }

  private rejected(name: string, why: string): PageRejected {
    return new PageRejected(`${this.where}: ${name} ${why}`);
  }
}
