/** Routes of a fake PSP. A route consists of the method, the path template, and the function that creates the response. */

export interface FakeRequest {
  method: string;
  /** The requested path without the fake's base path: `/accounts/acc_1`. */
  path: string;
  /** The values of the `{name}` parameters of the route's path. */
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** The headers. Their names are in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
  /** The parsed JSON, or the fields of a form; `undefined` if the request has no body. */
  body: unknown;
  /** The bytes of the body, from which signatures are verified. */
  rawBody: Buffer;
}

export interface FakeResponse {
  /** The status of the response. Default: 200. */
  status?: number;
  /** The body, which is sent as JSON. A `JsonNumber` keeps all its digits. Without this property, the response has no body. */
  body?: unknown;
  /**
   * The exact bytes of the body. Set it instead of `body` for a body that is not JSON or not UTF-8. The bytes are not checked against the
   * document.
   */
  rawBody?: string | Buffer;
  headers?: Readonly<Record<string, string>>;
  /**
   * The reason why this response is not checked against the document, e.g. because it contains a transaction type of a future API version.
   */
  undocumentedReason?: string;
}

export interface FakeRoute {
  method: string;
  /** The path template: `/accounts/{id}`. */
  path: string;
  respond: (request: FakeRequest) => FakeResponse | Promise<FakeResponse>;
  /** The reason why the document does not contain this route, e.g. because a token endpoint is documented elsewhere. */
  undocumentedReason?: string;
}

/** Creates a route: `fakeRoute('GET', '/accounts/{id}', ({ params }) => ({ body: accounts.get(params.id) }))`. */
export function fakeRoute(
  method: string,
  path: string,
  respond: FakeRoute['respond'],
  options: Pick<FakeRoute, 'undocumentedReason'> = {},
): FakeRoute {
  return { method, path, respond, ...options };
}

/** Returns the values of the template's `{name}` parameters, or `undefined` if the path does not match the template. */
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

/** Returns true if a request has the given method (default: GET) and a path that matches the template. */
export function isRequestOf(
  { method = 'GET', path }: { method?: string; path: string },
  request: Pick<FakeRequest, 'method' | 'path'>,
): boolean {
  return request.method === method && matchPath(path, request.path) !== undefined;
}
