/** A fake of GoCardless' API on localhost. Its objects have the members of the examples in fixtures/, which are GoCardless' own. */
import { FakePsp, fakeRoute } from '@tributary/connector-api/testing';
import type { FakeRequest, FakeResponse } from '@tributary/connector-api/testing';
import { createHash, generateKeyPairSync, verify } from 'node:crypto';
import { FakeTable, type FakeRow } from './testing/fake-table.js';

const KEY_PAIR = generateKeyPairSync('ec', { namedCurve: 'P-521' });
const API_VERSION = '2015-07-06';
const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;

/** The settings as in a deployment file. The fake accepts these credentials. */
export const FAKE_SETTINGS = {
  accessToken: 'sandbox_token-of-the-fake',
  webhookSecrets: ['webhook-secret-of-the-fake'],
  signingKeyId: 'PKI01',
  signingKey: KEY_PAIR.privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
};

const LISTS = [
  ...([
    'creditors',
    'balances',
    'payments',
    'refunds',
    'payouts',
    'payout_items',
    'events',
    'mandates',
  ] as const),
  ...(['payment_accounts', 'outbound_payments', 'customer_bank_accounts'] as const),
];
type ListName = (typeof LISTS)[number];
/** Parameters that name an object in `links`. */
const LINK_FILTERS = ['creditor', 'payout', 'payment', 'mandate'];

export class GocardlessFake {
  server!: FakePsp;
  readonly tables = Object.fromEntries(LISTS.map((name) => [name, new FakeTable()])) as Record<
    ListName,
    FakeTable
  >;
  /** The journal of each payment account. */
  private readonly journals = new Map<string, FakeTable>();
  /** The outbound payments that were ordered, by idempotency key. */
  readonly orders = new Map<string, FakeRow>();
  maxPageSize = MAX_LIMIT;
  /** How long the items of a payout can be listed: six months. */
  itemsListedMs = 183 * 86_400_000;
  /** False if events come without the objects that they name. */
  hasLinkedObjects = true;
  /** The properties of the next outbound payments. */
  nextOrder: Partial<FakeRow> = {};
  private readonly itemsByPayout = new Map<string, FakeTable>();
  private groupedItemCount = 0;
  private lastNumber = 0;

  private constructor(readonly clock: { now(): number }) {}

  static async start(clock: { now(): number } = { now: () => Date.now() }): Promise<GocardlessFake> {
    const fake = new GocardlessFake(clock);
    fake.server = await FakePsp.start({
      routes: fake.createRoutes(),
      createErrorBody: (status) => createErrorBody(status, `status ${status}`),
    });
    return fake;
  }

  /** The settings for the deployment file. */
  get settings() {
    return { ...FAKE_SETTINGS, url: this.server.url, requestsPerMinute: 60_000 };
  }

  /** Returns the journal of a payment account, where entries can be added. */
  getJournal(paymentAccountId: string): FakeTable {
    const journal = this.journals.get(paymentAccountId) ?? new FakeTable();
    this.journals.set(paymentAccountId, journal);
    return journal;
  }

  createId(prefix: string): string {
    this.lastNumber += 1;
    return `${prefix}${String(this.lastNumber).padStart(6, '0')}`;
  }

  /** Adds an object, and an event that names it. */
  add<Row extends FakeRow & { id: string }>(list: ListName, row: Row): Row {
    this.tables[list].add(row);
    this.addEvent(list, row.id, 'created');
    return row;
  }

  /** Changes an object, and adds an event that names it. */
  change(list: ListName, id: string, action: string, properties: object): void {
    const row = this.tables[list].find(id);
    if (row === undefined) throw new Error(`the fake has no ${id} in ${list}`);
    Object.assign(row, properties);
    this.addEvent(list, id, action);
  }

  addEvent(list: ListName, id: string, action: string): void {
    const created_at = new Date(this.clock.now()).toISOString();
    const links = { [list.replace(/s$/, '')]: id };
    const details = { origin: 'gocardless', cause: action, description: action };
    const event = { resource_type: list, action, details, metadata: {}, resource_metadata: {} };
    this.tables.events.add({ id: this.createId('EV'), created_at, ...event, links });
  }

  private createRoutes() {
    const route = (method: string, path: string, respond: (request: FakeRequest) => FakeResponse) =>
      fakeRoute(method, path, (request) => this.checkHeaders(request) ?? respond(request));
    return [
      ...LISTS.map((name) => route('GET', `/${name}`, ({ query }) => this.list(name, query))),
      ...LISTS.map((name) => route('GET', `/${name}/{id}`, ({ params }) => this.find(name, params['id']))),
      route('GET', '/payment_accounts/{id}/transactions', ({ params, query }) =>
        this.listJournal(params['id'] ?? '', query),
      ),
      route('POST', '/outbound_payments', (request) => this.createOutboundPayment(request)),
    ];
  }

  private checkHeaders({ headers }: FakeRequest): FakeResponse | undefined {
    if (headers['authorization'] !== `Bearer ${FAKE_SETTINGS.accessToken}`)
      return createError(401, 'invalid_api_usage', 'access_token_not_found');
    if (headers['gocardless-version'] !== API_VERSION)
      return createError(400, 'invalid_api_usage', 'version_not_found');
    return undefined;
  }

  private list(name: ListName, query: URLSearchParams): FakeResponse {
    if (name === 'payout_items') {
      const payout = this.tables.payouts.find(query.get('payout') ?? '');
      if (payout === undefined) return createError(422, 'validation_failed', 'payout_not_found');
      const age = this.clock.now() - Date.parse(payout.created_at ?? '');
      if (age > this.itemsListedMs)
        return createError(410, 'invalid_api_usage', 'payout_items_data_archived');
    }
    const resource = query.get('resource_type');
    const refundType = name === 'refunds' ? (query.get('refund_type') ?? 'payment') : undefined;
    const isWanted = (row: FakeRow) =>
      LINK_FILTERS.every((link) => !query.has(link) || row.links?.[link] === query.get(link)) &&
      (resource === null || row['resource_type'] === resource) &&
      (refundType === undefined || (row.links?.['payment'] !== undefined) === (refundType === 'payment'));
    const table = name === 'payout_items' ? this.findItems(query.get('payout') ?? '') : this.tables[name];
    const page = table.list(this.readPageQuery(query), isWanted);
    return this.createPage(name, page, this.findLinked(resource, page.rows));
  }

  /** Returns the items of a payout. They are grouped again when items were added, because each payout is a request in a long history. */
  private findItems(payout: string): FakeTable {
    const { payout_items: items } = this.tables;
    if (this.groupedItemCount !== items.size) this.itemsByPayout.clear();
    if (this.itemsByPayout.size === 0)
      for (const item of items.all()) {
        const id = item.links?.['payout'] ?? '';
        const group = this.itemsByPayout.get(id) ?? new FakeTable();
        group.add(item);
        this.itemsByPayout.set(id, group);
      }
    this.groupedItemCount = items.size;
    return this.itemsByPayout.get(payout) ?? new FakeTable();
  }

  private listJournal(id: string, query: URLSearchParams): FakeResponse {
    const [from, to] = [query.get('value_date_from'), query.get('value_date_to')];
    if (from === null || to === null) return createError(422, 'validation_failed', 'value_date_from_missing');
    const isWanted = ({ value_date }: FakeRow) => String(value_date) >= from && String(value_date) <= to;
    const page = this.getJournal(id).list(this.readPageQuery(query), isWanted);
    return this.createPage('payment_account_transactions', page, undefined);
  }

  private readPageQuery(query: URLSearchParams) {
    const limit = Math.min(Number(query.get('limit') ?? DEFAULT_LIMIT), this.maxPageSize);
    return {
      from: query.get('created_at[gte]') ?? query.get('created_from') ?? undefined,
      to: query.get('created_at[lt]') ?? query.get('created_to') ?? undefined,
      after: query.get('after'),
      limit,
    };
  }

  private createPage(
    name: string,
    { rows, after }: { rows: FakeRow[]; after: string | null },
    linked: object | undefined,
  ): FakeResponse {
    const meta = { cursors: { before: null, after }, limit: rows.length };
    return { body: { [name]: rows, ...(linked && { linked }), meta } };
  }

  private findLinked(resource: string | null, events: readonly FakeRow[]): object | undefined {
    if (resource === null || !this.hasLinkedObjects) return undefined;
    const ids = new Set(events.map(({ links }) => links?.[resource.replace(/s$/, '')]));
    const objects = [...ids].map((id) => this.tables[resource as ListName].find(id));
    return { [resource]: objects.filter((row) => row !== undefined) };
  }

  private find(name: ListName, id: string | undefined): FakeResponse {
    const body = this.tables[name].find(id);
    return body === undefined
      ? createError(404, 'invalid_api_usage', 'resource_not_found')
      : { body: { [name]: body } };
  }

  private createOutboundPayment(request: FakeRequest): FakeResponse {
    if (!isSigned(request)) return createError(401, 'invalid_api_usage', 'signature_invalid');
    const key = request.headers['idempotency-key'] ?? '';
    const asked = (request.body as { outbound_payments: FakeRow }).outbound_payments;
    const existing = this.orders.get(key);
    if (existing !== undefined)
      return createError(409, 'invalid_state', 'idempotent_creation_conflict', {
        conflicting_resource_id: existing.id ?? '',
      });
    if (this.tables.customer_bank_accounts.find(asked.links?.['recipient_bank_account']) === undefined)
      return createError(422, 'validation_failed', 'customer_bank_account_not_found');
    const created_at = new Date(this.clock.now()).toISOString();
    const payment = {
      ...{ id: this.createId('OUT'), created_at, status: 'executed', currency: 'GBP', is_withdrawal: false },
      ...asked,
      ...this.nextOrder,
    };
    this.orders.set(key, payment);
    this.add('outbound_payments', payment);
    return { status: 201, body: { outbound_payments: payment } };
  }
}

/** Verifies a signature as GoCardless' guide "API request signing" describes it. */
function isSigned({ method, path, headers, rawBody }: FakeRequest): boolean {
  const input = headers['gc-signature-input'] ?? '';
  const signature = /^sig-1=:(.+):$/.exec(headers['gc-signature'] ?? '')?.[1] ?? '';
  const lines = [
    `"@method": ${method}`,
    `"@authority": ${headers['host']}`,
    `"@request-target": ${path}`,
    `"content-digest": sha256=:${createHash('sha256').update(rawBody).digest('base64')}:`,
    `"content-type": ${headers['content-type']}`,
    `"content-length": ${headers['content-length']}`,
    `"@signature-params": ${input.replace(/^sig-1=/, '')}`,
  ];
  return (
    input.includes(`keyid="${FAKE_SETTINGS.signingKeyId}"`) &&
    verify('sha512', Buffer.from(lines.join('\n')), KEY_PAIR.publicKey, Buffer.from(signature, 'base64'))
  );
}

function createError(
  status: number,
  type: string,
  reason: string,
  links?: Readonly<Record<string, string>>,
): FakeResponse {
  return { status, body: createErrorBody(status, reason.replaceAll('_', ' '), { type, reason, links }) };
}

/** Creates the body of an error in GoCardless' format. */
export function createErrorBody(
  code: number,
  message: string,
  {
    type = 'gocardless',
    reason = 'error',
    links,
  }: { type?: string; reason?: string; links?: object | undefined } = {},
): unknown {
  return {
    error: {
      ...{ code, type, message, request_id: '00000000-0000-4000-8000-000000000001' },
      documentation_url: 'https://developer.gocardless.com/api-reference/',
      errors: [{ message, reason, ...(links && { links }) }],
    },
  };
}
