import type { JsonNumber } from './json-number.js';
import type { Json } from './json.js';

/** What a request's body can hold. Money as `JsonNumber` or as text, never as a double; `undefined` members are left out. */
export type JsonBody =
  | string
  | number
  | boolean
  | null
  | JsonNumber
  | readonly JsonBody[]
  | { readonly [key: string]: JsonBody | undefined };

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export interface RequestOptions {
  /** Values of `{name}` in the path; they are escaped. */
  params?: Readonly<Record<string, string>>;
  /** A list repeats its key; `undefined` is left out. */
  query?: Query;
  headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  body?: JsonBody;
  /** Sent as `application/x-www-form-urlencoded`, instead of `body`. */
  form?: Readonly<Record<string, string>>;
  /**
   * True where sending it twice does no harm. Default: true for GET, false for everything else. Only repeatable requests are repeated by
   * the core; a lost answer to another one is an `unknown-outcome`.
   */
  repeatable?: boolean;
  /** Headers that depend on the exact bytes that are sent, e.g. a signature. Called again for a repeat. */
  sign?: (outgoing: Outgoing) => Headers | Promise<Headers>;
  /** False for the request that fetches the credentials. Default true. */
  authenticated?: boolean;
  /** Instead of the connector's. Milliseconds. */
  deadline?: number;
}

type Headers = Readonly<Record<string, string>>;

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** `path`: a template that begins with a slash: `/transaction/{id}`. */
export interface PspRequest extends RequestOptions {
  method: Method;
  path: string;
}

/** A request as it goes out, before credentials are added. */
export interface Outgoing {
  method: Method;
  /** Whole, with path and query. */
  url: string;
  /** Names in lower case. */
  headers: Headers;
  /** Exactly what is sent; empty without a body. */
  body: string;
}

/** An answer with a status of 200 … 299. */
export interface Answer {
  status: number;
  /** Of its body; where there is none, every required accessor refuses. */
  json: Json;
  /** By name, in any case. */
  header(name: string): string | undefined;
}
