/** Removes secrets and account numbers from a recorded request and its response, and limits their size. */
import { isAccountNumberName, maskAccountNumber, maskAccountNumbers } from './account-number-mask.js';
import { JsonNumber, parseJson } from './json-number.js';

/** A body as it is recorded. `bytes` is its size when it was sent. `text` is absent if the body was too large to be redacted. */
export interface RecordedBody {
  bytes: number;
  text?: string;
  /** True if `text` contains only the beginning of the body. */
  isTruncated?: true;
}

/**
 * The maximum size of a body that is redacted, in bytes. Of a larger body only the size is recorded, because a part of a JSON document cannot
 * be parsed, and therefore not be redacted reliably.
 */
const MAX_REDACTED_BODY_BYTES = 64 * 1024;
/** The maximum length of a recorded body, in characters. */
const MAX_RECORDED_BODY_LENGTH = 4_000;
/** The maximum length of a recorded path with its query, in characters. */
const MAX_PATH_LENGTH = 500;
const MAX_HEADER_LENGTH = 200;
/** The maximum number of nested objects that is recorded. */
const MAX_DEPTH = 32;
/** The minimum length of an account number that is also masked in other strings. A shorter number could match ordinary words. */
const MIN_SEARCHED_LENGTH = 6;

const REDACTED = '[redacted]';

/** Matches the names of properties and query parameters whose values are secret. */
const SECRET_NAME_PATTERN =
  /token|secret|passw|passphrase|credential|private_?key|api_?key|authorization|signature|assertion|^(?:cvc|cvv|cvn|pin|otp|code_verifier)$/i;

/**
 * The request headers that are recorded, if they are present. Headers are only recorded if they are in one of these lists, so a header with
 * credentials cannot be recorded.
 */
const REQUEST_HEADERS = ['content-type', 'idempotency-key', 'x-idempotency-key', 'paypal-request-id'];
const RESPONSE_HEADERS = [
  ...['content-type', 'date', 'retry-after', 'request-id', 'x-request-id', 'x-correlation-id'],
  ...['correlation-id', 'paypal-debug-id', 'pspreference', 'x-ratelimit-remaining', 'x-ratelimit-reset'],
  ...['ratelimit-remaining', 'ratelimit-reset'],
];

/** A body before it is redacted. `content` is absent if the body is too large to be redacted. */
export interface UnredactedBody {
  bytes: number;
  content?: Buffer;
}

export function toUnredactedBody(body: Buffer): UnredactedBody {
  return { bytes: body.length, ...(body.length <= MAX_REDACTED_BODY_BYTES && { content: body }) };
}

/** Returns the headers of a request that are recorded. Header names are in lower case. */
export function pickRequestHeaders(getHeader: (name: string) => string | undefined): Record<string, string> {
  return pickHeaders(REQUEST_HEADERS, getHeader);
}

/** Returns the headers of a response that are recorded. */
export function pickResponseHeaders(getHeader: (name: string) => string | undefined): Record<string, string> {
  return pickHeaders(RESPONSE_HEADERS, getHeader);
}

function pickHeaders(
  names: readonly string[],
  getHeader: (name: string) => string | undefined,
): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = getHeader(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Redacts the strings of one request and its response. */
export class ExchangeRedactor {
  /** The account numbers that were found in properties with telling names. They are masked wherever they occur. */
  private readonly accountNumbers = new Set<string>();

  /** @param redact removes the secrets of the connector and of the deployment from a string */
  constructor(private readonly redact: (text: string) => string) {}

  /** Finds the account numbers of a body. It must be called with both bodies before any string is redacted. */
  collectAccountNumbers({ content }: UnredactedBody): void {
    if (content === undefined) return;
    visitAccountNumbers(tryParseJson(content.toString('utf8')), '', 0, (number) => {
      if (number.length >= MIN_SEARCHED_LENGTH) this.accountNumbers.add(number);
    });
  }

  /** @param url the complete URL. The host is omitted, because it is a setting of the connector */
  redactUrl(url: string): string {
    const { pathname, searchParams } = new URL(url);
    const query = [...searchParams].map(([name, value]) => `${name}=${this.redactProperty(name, '', value)}`);
    const path = this.redactText(decodePath(pathname));
    return truncate(query.length === 0 ? path : `${path}?${query.join('&')}`, MAX_PATH_LENGTH);
  }

  /** @param headers headers that `pickRequestHeaders` or `pickResponseHeaders` returned */
  redactHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
    return Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name,
        truncate(this.redactText(value), MAX_HEADER_LENGTH),
      ]),
    );
  }

  /** Returns `undefined` for an empty body. */
  redactBody({ bytes, content }: UnredactedBody): RecordedBody | undefined {
    if (bytes === 0) return undefined;
    if (content === undefined) return { bytes };
    const source = content.toString('utf8');
    const json = tryParseJson(source);
    const text =
      json === undefined ? this.redactText(source) : JSON.stringify(this.redactValue(json, '', '', 0));
    const isTruncated = text.length > MAX_RECORDED_BODY_LENGTH;
    return {
      ...{ bytes, text: makeStorable(text.slice(0, MAX_RECORDED_BODY_LENGTH)) },
      ...(isTruncated && { isTruncated }),
    };
  }

  redactText(text: string): string {
    let masked = text;
    for (const number of this.accountNumbers) masked = masked.replaceAll(number, maskAccountNumber(number));
    return makeStorable(maskAccountNumbers(this.redact(masked)));
  }

  private redactValue(value: unknown, name: string, objectName: string, depth: number): unknown {
    if (depth > MAX_DEPTH) return '[too deep]';
    if (typeof value === 'string') return this.redactProperty(name, objectName, value);
    if (value instanceof JsonNumber) {
      const redacted = this.redactProperty(name, objectName, value.source);
      return redacted === value.source ? value : redacted;
    }
    if (Array.isArray(value))
      return value.map((item: unknown) => this.redactValue(item, name, objectName, depth + 1));
    if (typeof value !== 'object' || value === null) return value;
    if (SECRET_NAME_PATTERN.test(name)) return REDACTED;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]: [string, unknown]) => [
        this.redactText(key),
        this.redactValue(item, key, name, depth + 1),
      ]),
    );
  }

  private redactProperty(name: string, objectName: string, value: string): string {
    if (SECRET_NAME_PATTERN.test(name)) return REDACTED;
    // The secrets are removed first, because the last characters of a masked value stay visible.
    if (isAccountNumberName(name, objectName)) return maskAccountNumber(this.redact(value));
    return this.redactText(value);
  }
}

function visitAccountNumbers(
  value: unknown,
  objectName: string,
  depth: number,
  onNumber: (number: string) => void,
): void {
  if (typeof value !== 'object' || value === null || value instanceof JsonNumber || depth > MAX_DEPTH) return;
  for (const [name, item] of Object.entries(value) as [string, unknown][]) {
    const text = item instanceof JsonNumber ? item.source : item;
    if (typeof text === 'string' && isAccountNumberName(name, objectName)) onNumber(text);
    else visitAccountNumbers(item, Array.isArray(value) ? objectName : name, depth + 1, onNumber);
  }
}

function tryParseJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function decodePath(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

function truncate(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}

/** Replaces characters that databases cannot store. */
function makeStorable(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\uFFFD');
}
