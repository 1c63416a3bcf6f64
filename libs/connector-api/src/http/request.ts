import type { JsonNumber } from './json-number.js';
import type { Json } from './json-accessors.js';

/**
 * The JSON body of a request. Amounts of money must be `JsonNumber` or string, never number. Properties with the value `undefined` are
 * omitted.
 */
export type JsonBody =
  | string
  | number
  | boolean
  | null
  | JsonNumber
  | readonly JsonBody[]
  | { readonly [key: string]: JsonBody | undefined };

/** Query parameters. */
export type QueryParameters = Readonly<
  Record<string, string | number | boolean | readonly string[] | undefined>
>;

/** The options of a request. `body` and `form` exclude each other. */
export interface RequestOptions {
  /** The values of the placeholders `{name}` in the path. They are escaped. */
  params?: Readonly<Record<string, string>>;
  /** The query parameters. An array repeats its parameter, and a parameter with the value `undefined` is omitted. */
  query?: QueryParameters;
  /** Additional headers. They override those of `HttpOptions`. */
  headers?: Readonly<Record<string, string>>;
  /** A body that is sent as JSON. */
  body?: JsonBody;
  /** A body that is sent as `application/x-www-form-urlencoded`. Its values are redacted in errors, except `grant_type`. */
  form?: Readonly<Record<string, string>>;
  /**
   * True if sending the request twice does no harm. Default: true for GET, false for other methods. `PspHttp` repeats only idempotent
   * requests. If the response to another request is lost, the error is `unknown-outcome`.
   */
  idempotent?: boolean;
  /** Returns headers that depend on the exact bytes of the request, e.g. a signature. It is called again for every repeat. */
  sign?: (request: PreparedRequest) => Headers | Promise<Headers>;
  /** True if a response that is not JSON is right as well, e.g. a certificate in PEM. Default: false. */
  acceptsText?: boolean;
  /** False for a request without credentials, e.g. the one that fetches the access token. Default: true. */
  authenticated?: boolean;
  /** The timeout of this request in milliseconds. Default: `HttpOptions.timeoutMs`. */
  timeoutMs?: number;
  /** Cancels the request and its delays when the signal is aborted, e.g. because the gateway no longer waits for a listing. */
  signal?: AbortSignal | undefined;
}

type Headers = Readonly<Record<string, string>>;

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A request to the PSP. */
export interface PspRequest extends RequestOptions {
  method: HttpMethod;
  /** A template that begins with a slash: `/transaction/{id}`. It is appended to `HttpOptions.baseUrl`. */
  path: string;
}

/** A request in the form in which it is sent, without the headers of `Authentication`. */
export interface PreparedRequest {
  method: HttpMethod;
  /** The complete URL with path and query. */
  url: string;
  /** The headers, with names in lower case. */
  headers: Headers;
  /** The exact body; empty if the request has no body. */
  body: string;
}

/** A response with a status from 200 to 299. */
export interface PspResponse {
  status: number;
  /** The JSON body; `Json.absent` if the response has none. */
  json: Json;
  /** Returns the body as a text. */
  getText(): string;
  /** Returns the value of a header. The name is case-insensitive. @returns `undefined` if it is absent */
  header(name: string): string | undefined;
}
