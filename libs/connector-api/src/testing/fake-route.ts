/** Routes of a fake PSP: the method, the path template, and the function that creates the response. */

export interface FakeRequest {
  method: string;
  /** Requested path without the fake's base path, e.g. `/accounts/acc_1`. */
  path: string;
  /** Values of the `{name}` parameters of the route's path. */
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** Header names are in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
  /** Decoded JSON, or the fields of a form. `undefined` without a body. */
  body: unknown;
  /** Bytes of the body, for signature checks. */
  rawBody: Buffer;
}

export interface FakeResponse {
  /** Default 200. */
  status?: number;
  /** Sent as JSON. A `JsonNumber` keeps its digits. Without this property the response has no body. */
  body?: unknown;
  /** The exact bytes of the body, instead of `body`: something that is not JSON, or not UTF-8. It is not checked against the document. */
  rawBody?: string | Buffer;
  headers?: Readonly<Record<string, string>>;
  /** Reason why this response is not checked against the document, e.g. because it contains a transaction type of a future API version. */
  undocumentedReason?: string;
}

export interface FakeRoute {
  method: string;
  /** Path template, e.g. `/accounts/{id}`. */
  path: string;
  respond: (request: FakeRequest) => FakeResponse | Promise<FakeResponse>;
  /** Reason why the document does not contain this route, e.g. a token endpoint that is documented elsewhere. */
  undocumentedReason?: string;
}

/** Creates a route, e.g. `fakeRoute('GET', '/accounts/{id}', ({ params }) => ({ body: accounts.get(params.id) }))`. */
export function fakeRoute(
  method: string,
  path: string,
  respond: FakeRoute['respond'],
  options: Pick<FakeRoute, 'undocumentedReason'> = {},
): FakeRoute {
  return { method, path, respond, ...options };
}

/** Returns the values of the template's `{name}` parameters, or `undefined` when the path does not match the template. */
export function matchPath(template: string, path: string): Record<string, string> | undefined {
  const expected = template.split('/');
  const found = path.split('/');
  if (expected.length !== found.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of expected.entries()) {
    const value = found[index] ?? '';
    const name = /^\{(.+)\}$/.exec(part)?.[1];
    if (name !== undefined && value !== '') params[name] = decodeURIComponent(value);
    else if (part !== value) return undefined;
  }
  return params;
}

/** Returns true if a request has this method (default GET) and a path that matches this template. */
export function isRequestOf(
  { method = 'GET', path }: { method?: string; path: string },
  request: Pick<FakeRequest, 'method' | 'path'>,
): boolean {
  return request.method === method && matchPath(path, request.path) !== undefined;
}
