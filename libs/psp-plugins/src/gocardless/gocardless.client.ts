/** The part of GoCardless' API that the plugin uses: paths, queries and bodies. Lists are newest first, with cursors. */
import { Injectable } from '@nestjs/common';
import { formatTime, PspError, type FeedReader } from '@tributary/connector-api';
import { PspHttp, signRequest, undefinedIfStatus } from '@tributary/connector-api/http';
import type { Json, JsonBody, QueryParameters, RequestOptions } from '@tributary/connector-api/http';
import * as listing from '@tributary/connector-api/listing';
import { GocardlessSettings } from './gocardless.config.js';
import { getLinkName, type TransactionResource } from './gocardless.vocabulary.js';

/** The object with the cursors of a list. Its `after` is null on the last page. */
const CURSORS = { path: ['meta', 'cursors'], next: 'after' } as const;
/** The status of a request for the items of a payout that is older than six months. */
const GONE = 410;

/** How requests that pay are signed. */
const SIGNING = { algorithm: 'sha512', headerPrefix: 'gc-' } as const;

/** What the functions of this plugin need. */
export interface GocardlessContext extends listing.ListingContext {
  client: GocardlessClient;
  settings: GocardlessSettings;
  feedReader: FeedReader;
  /** Finds the payers of payments. The connector keeps what it has read. */
  payers: listing.OptionalMetadataOptions;
}

/** How a page is requested. The token is the id of the last row of the page before. */
interface PageRequest extends Pick<RequestOptions, 'params' | 'query' | 'signal'> {
  token?: string | undefined;
}

@Injectable()
export class GocardlessClient {
  constructor(
    private readonly http: PspHttp,
    private readonly settings: GocardlessSettings,
  ) {}

  /** Returns one object: `GET /payments/{id}`. */
  async find(resource: string, id: string, signal?: AbortSignal): Promise<Json | undefined> {
    const found = await this.http.find(`/${resource}/{id}`, { params: { id }, signal });
    if (found === undefined || found.has(resource)) return found?.at(resource);
    throw new PspError('unavailable', `GoCardless: the response for ${id} contains no ${resource}`);
  }

  /** Returns a page of a list: `GET /payments`. */
  async list(resource: string, request: PageRequest, path = `/${resource}`) {
    return listing.readCursorPage(await this.requestPage(path, request), resource, CURSORS);
  }

  /** Returns a page of the rows that were created in a window of time. */
  listCreated(
    resource: string,
    window: listing.TimeWindowQuery,
    signal?: AbortSignal,
    filter?: QueryParameters,
  ) {
    const query = { ...createTimeFilter(resource, window), ...filter };
    return this.list(resource, { query, token: window.token, signal });
  }

  /** Returns a page of the events of one kind of object, with these objects as they are now. */
  async listEvents(resource: TransactionResource, window: listing.TimeWindowQuery, signal: AbortSignal) {
    const filter = { resource_type: resource, include: getLinkName(resource) };
    const query = { ...createTimeFilter('events', window), ...filter };
    const response = await this.requestPage('/events', { query, token: window.token, signal });
    const linked = response.at('linked', resource);
    const objects = linked.has(0) ? linked.array() : [];
    return { ...listing.readCursorPage(response, 'events', CURSORS), objects };
  }

  /** Returns a page of the journal of a payment account. */
  listAccountTransactions(id: string, { first, last, token }: listing.DayRangeQuery, signal: AbortSignal) {
    const request = { params: { id }, query: { value_date_from: first, value_date_to: last }, token, signal };
    return this.list('payment_account_transactions', request, '/payment_accounts/{id}/transactions');
  }

  /** Returns the items of a payout; `undefined` if it is so old that GoCardless no longer lists them. */
  listPayoutItems(payout: string, signal: AbortSignal): Promise<Json[] | undefined> {
    return undefinedIfStatus(GONE, () => this.listAll('payout_items', { query: { payout }, signal }));
  }

  /** Returns all rows of a short list. Payout items have no ids, and can be equal. */
  listAll(resource: string, request: PageRequest): Promise<Json[]> {
    return listing.readAllRows((token) => this.list(resource, { ...request, token }));
  }

  /** Creates an outbound payment. The request is signed, as GoCardless requires of requests that pay. */
  async createOutboundPayment(body: JsonBody, idempotencyKey: string): Promise<Json> {
    const { signingKey: privateKey = '', signingKeyId: keyId = '' } = this.settings;
    const response = await this.http.post('/outbound_payments', {
      body: { outbound_payments: body },
      headers: { 'idempotency-key': idempotencyKey },
      // As GoCardless' guide "API request signing" and its official library for Node sign requests.
      sign: (request) => signRequest(request, { ...SIGNING, privateKey, keyId, now: this.http.clock.now() }),
    });
    return response.at('outbound_payments');
  }

  private requestPage(path: string, { token, query, ...options }: PageRequest): Promise<Json> {
    const page = { limit: this.settings.pageSize, after: token };
    return this.http.get(path, { ...options, query: { ...query, ...page } });
  }
}

function createTimeFilter(resource: string, { from, to }: listing.TimeWindowQuery): QueryParameters {
  const [start, end] = [formatTime(from), formatTime(to)];
  if (resource === 'outbound_payments') return { created_from: start, created_to: end };
  return { 'created_at[gte]': start, 'created_at[lt]': end };
}
