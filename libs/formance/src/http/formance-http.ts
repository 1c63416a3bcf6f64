/**
 * Sends requests to one of Formance's services. It adds to `PspHttp` the behaviour that these services have in common: cursors, error
 * codes, and a status 401 with an empty body where other services respond with 403.
 */
import { InvalidRecordError, PspError } from '@tributary/connector-api';
import { Json, PspResponseError } from '@tributary/connector-api/http';
import type { JsonBody, PspHttp, PspRequest } from '@tributary/connector-api/http';
import { FormanceError, type FormanceErrorKind } from './formance-error.js';

export type FormanceRequest = Pick<
  PspRequest,
  'method' | 'path' | 'params' | 'query' | 'body' | 'idempotent' | 'timeoutMs'
>;

/** The list to read, and where to begin. */
export interface ListRequest {
  path: string;
  params?: Record<string, string>;
  /**
   * The filter in Formance's query language: `{ $match: { connector_id: … } }`. It is sent in the URL, because a GET request has no body.
   */
  filter?: JsonBody;
  /** The position at which to continue, i.e. `next` of an earlier page. */
  cursor?: string | undefined;
}

export interface CursorPage<T> {
  items: T[];
  /** The cursor of the next page; `undefined` for the last page. */
  next: string | undefined;
}

/** The number of objects that are requested per page of a list. */
const MAX_PAGE_SIZE = 100;

export class FormanceHttp {
  constructor(
    private readonly service: string,
    private readonly http: PspHttp,
    /** Adds a string that is redacted in every later error of the connection. */
    readonly protectSecret: (secret: string) => void,
  ) {}

  /**
   * Sends a request and converts its response.
   * @param parse converts the JSON of the response. Its argument is `Json.absent` if the response has no body
   * @throws FormanceError if the request fails or the response is invalid
   */
  async send<T>(request: FormanceRequest, parse: (json: Json) => T): Promise<T> {
    const label = `${this.service}: ${request.method} ${request.path}`;
    try {
      return parse((await this.http.send(request)).json);
    } catch (error) {
      throw toFormanceError(error, label);
    }
  }

  /**
   * Yields all objects of a list, page by page, in Formance's sequence.
   * @throws FormanceError if a request fails, or if a page does not contain whether it is the last page
   */
  async *list<T>(request: ListRequest, parse: (json: Json) => T): AsyncGenerator<T> {
    for await (const { items } of this.listPages(request, parse)) yield* items;
  }

  /**
   * Yields the pages of a list.
   * @param request the list; if `cursor` is set, the list continues there
   * @throws FormanceError if a request fails, or if a page does not contain whether it is the last page
   */
  async *listPages<T>(
    { path, params, filter, cursor }: ListRequest,
    parse: (json: Json) => T,
  ): AsyncGenerator<CursorPage<T>> {
    let query: Record<string, string | number> =
      cursor === undefined
        ? { pageSize: MAX_PAGE_SIZE, ...(filter === undefined ? {} : { query: JSON.stringify(filter) }) }
        : { cursor };
    for (;;) {
      const page = await this.send(
        { method: 'GET', path, query, ...(params === undefined ? {} : { params }) },
        (json) => parseCursorPage(json, parse),
      );
      yield page;
      if (page.next === undefined) return;
      if (page.next === query['cursor'])
        throw new FormanceError(
          'unavailable',
          `${this.service}: GET ${path}: the next page has the same cursor as this one, so the list would never end`,
        );
      // The cursor includes the filter and the page size. Formance allows no other parameter together with a cursor.
      query = { cursor: page.next };
    }
  }
}

/**
 * Reads a page: `{ cursor: { hasMore, next, data } }`. `next` is `undefined` only if the response explicitly marks the page as the last
 * page.
 */
function parseCursorPage<T>(json: Json, parse: (json: Json) => T): CursorPage<T> {
  const items = json.array('cursor', 'data').map(parse);
  return { items, next: json.boolean('cursor', 'hasMore') ? json.string('cursor', 'next') : undefined };
}

function toFormanceError(error: unknown, label: string): Error {
  if (error instanceof InvalidRecordError)
    return new FormanceError('unavailable', `${label}: the answer is not as documented: ${error.message}`);
  if (!(error instanceof PspError)) return error instanceof Error ? error : new Error(String(error));
  const { status } = error.details;
  const body = error instanceof PspResponseError ? error.body : Json.absent;
  const code = body.scalar('errorCode');
  const details = { ...(status === undefined ? {} : { status }), ...(code === undefined ? {} : { code }) };
  const isUnexplained = status === 401 && !body.has();
  const message = isUnexplained
    ? `${label}: answered 401 with an empty body. ${UNAUTHORIZED_ADVICE}`
    : error.message;
  return new FormanceError(toKind(error, code), message, details);
}

const UNAUTHORIZED_ADVICE =
  'Formance answers so when the token is missing, has expired, or lacks a scope such as payments:read or payments:write. Check formance.auth in the deployment file';

function toKind({ kind, details: { status } }: PspError, code: string | undefined): FormanceErrorKind {
  switch (kind) {
    case 'unauthorized':
      return 'unauthorized';
    case 'rejected':
      if (code === 'CONFLICT' || status === 409) return 'conflict';
      return status === 404 ? 'not-found' : 'rejected';
    case 'rate-limited':
    case 'unavailable':
      return 'unavailable';
    case 'unknown-outcome':
      return code === 'CONFLICT' ? 'conflict' : 'unknown-outcome';
  }
}
