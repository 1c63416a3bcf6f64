import type { JsonNumber } from './json-number.js';
import type { Json } from './json-accessors.js';

/**
 * The JSON body of a request. An amount of money must be a `JsonNumber` or a string, never a number, because a number can lose digits.
 * Properties with the value `undefined` are omitted.
 */
export type JsonBody =
  | string
  | number
  | boolean
  | null
  | JsonNumber
  | readonly JsonBody[]
  | { readonly [key: string]: JsonBody | undefined };

/** The query parameters of a request, by name. */
export type QueryParameters = Readonly<
  Record<string, string | number | boolean | readonly string[] | undefined>
>;

/** The options of a request. At most one of `body` and `form` may be set. */
export interface RequestOptions {
  /** The values of the placeholders `{name}` in the path. They are escaped. */
  params?: Readonly<Record<string, string>>;
  /** The query parameters. For an array, the parameter is repeated with each value. A parameter with the value `undefined` is omitted. */
  query?: QueryParameters;
  /** Additional headers. They override the headers of `HttpOptions`. */
  headers?: Readonly<Record<string, string>>;
  /** A body that is sent as JSON. */
  body?: JsonBody;
  /** A body that is sent as `application/x-www-form-urlencoded`. Its values are redacted in errors, except `grant_type`. */
  form?: Readonly<Record<string, string>>;
  /**
   * True if sending the request twice does no harm. Default: true for GET, false for other methods. `PspHttp` repeats only idempotent
   * requests. If the response to any other request is lost, the error is `unknown-outcome`.
   */
  idempotent?: boolean;
  /**
   * Returns headers that depend on the exact bytes of the request, e.g. a signature. The function is called again for every repeat of the
   * request.
   */
  sign?: (request: PreparedRequest) => Headers | Promise<Headers>;
  /** True if the response may be a text instead of JSON, e.g. a certificate in PEM. Default: false. */
  acceptsText?: boolean;
  /** False for a request without credentials, e.g. the request that fetches the access token. Default: true. */
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
  /** The path, a template that begins with a slash: `/transaction/{id}`. It is appended to `HttpOptions.baseUrl`. */
  path: string;
}

/** A request in the form in which it is sent, but without the headers of `Authentication`. */
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
  /** The JSON body, or `Json.absent` if the response has no JSON body. */
  json: Json;
  /** Returns the body as a text. */
  getText(): string;
  /**
   * Returns the value of a header. The name is case-insensitive.
   * @returns `undefined` if the header is absent
   */
  header(name: string): string | undefined;
}
