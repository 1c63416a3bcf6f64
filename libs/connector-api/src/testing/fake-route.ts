/** What a fake PSP answers where. */

export interface FakeRequest {
  method: string;
  /** As requested, without the fake's base path: `/accounts/acc_1`. */
  path: string;
  /** Values of the route's `{name}`s. */
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
  /** Decoded JSON, or the fields of a form; `undefined` without a body. */
  body: unknown;
  /** The bytes of the body, for signatures. */
  rawBody: Buffer;
}

export interface FakeAnswer {
  /** Default 200. */
  status?: number;
  /** Sent as JSON; a `JsonNumber` keeps its digits. Without it there is no body. */
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  /** Why this answer is not held against the document, e.g. a type that the PSP will only invent tomorrow. */
  undocumented?: string;
}

export interface FakeRoute {
  method: string;
  /** A template: `/accounts/{id}`. */
  path: string;
  answer: (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>;
  /** Why the document does not have it, e.g. a token endpoint that is documented elsewhere. */
  undocumented?: string;
}

/** `route('GET', '/accounts/{id}', ({ params }) => ({ body: accounts.get(params.id) }))` */
export function route(
  method: string,
  path: string,
  answer: FakeRoute['answer'],
  options: Pick<FakeRoute, 'undocumented'> = {},
): FakeRoute {
  return { method, path, answer, ...options };
}

/** The `{name}`s of a template in a path; `undefined` when it does not fit. */
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
