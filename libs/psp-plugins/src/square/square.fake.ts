/** A fake of Square's API on localhost. It is checked against Square's own document, if the document is available. */
import { JsonNumber } from '@tributary/connector-api/http';
import { FakePsp, fakeRoute, PspDocumentValidator } from '@tributary/connector-api/testing';
import type { FakeRequest, FakeResponse, FakeRoute } from '@tributary/connector-api/testing';

export const SQUARE_DOCUMENT_VALIDATOR = await PspDocumentValidator.loadOfficial('square/api.json');

/** Settings as in a deployment file. The fake accepts the credentials in these settings. */
export const FAKE_SETTINGS = {
  accessToken: 'EAAA_token-of-the-fake',
  webhookSignatureKeys: ['signature-key-of-the-fake'],
  webhookUrl: 'https://tributary.example/acme/square/webhooks',
  since: '2021-01-01',
};
export const FAKE_OAUTH = {
  applicationId: 'sq0idp-1',
  applicationSecret: 'sq0csp-1',
  refreshToken: 'EQAA_1',
};

/** Money in the form in which Square sends it. */
export interface FakeMoney {
  amount: JsonNumber;
  currency: string;
}

/** An object of Square in the form in which it is sent. */
export interface FakeObject {
  id: string;
  created_at?: string;
  updated_at?: string;
  location_id?: string;
  status?: string;
  [property: string]: unknown;
}

const MAX_PAGE_SIZE = 100;
const BROKEN = 'a row is broken on purpose';

export class SquareFake {
  server!: FakePsp;
  readonly merchants: FakeObject[] = [];
  readonly locations: FakeObject[] = [];
  readonly bankAccounts: FakeObject[] = [];
  readonly payments: FakeObject[] = [];
  readonly refunds: FakeObject[] = [];
  readonly disputes: FakeObject[] = [];
  readonly payouts: FakeObject[] = [];
  readonly entries: FakeObject[] = [];
  /** The ids of objects that violate Square's document on purpose. */
  readonly brokenIds = new Set<string>();
  /** The maximum number of rows of a page, even if `limit` is larger. */
  maxRowsPerPage = MAX_PAGE_SIZE;
  issuedTokenCount = 0;
  private count = 0;
  private changeCount = 0;
  private readonly sortedLists = new Map<
    string,
    { version: string; rows: { row: FakeObject; created: number; updated: number }[] }
  >();

  private constructor(private readonly clock: { now(): number }) {
    this.merchants.push(this.createMerchant());
  }

  static async start({
    clock = { now: () => Date.now() },
    isChecked = true,
  }: { clock?: { now(): number }; isChecked?: boolean } = {}): Promise<SquareFake> {
    const fake = new SquareFake(clock);
    fake.server = await FakePsp.start({
      ...(isChecked && { document: SQUARE_DOCUMENT_VALIDATOR }),
      routes: fake.createRoutes(),
      createErrorBody: (status) => createErrors('API_ERROR', `status ${status}`),
    });
    return fake;
  }

  /** The settings for the deployment file. */
  get settings() {
    return { ...FAKE_SETTINGS, url: this.server.url, requestsPerMinute: 60_000 };
  }

  /** Returns a new id that begins with the given word. */
  createId(word: string): string {
    this.count += 1;
    return `${word}${String(this.count).padStart(8, '0')}`;
  }

  addLocation(currency = 'EUR', name?: string): FakeObject {
    const id = this.createId('L');
    const made = {
      ...{ id, name: name ?? `Shop ${id}`, status: 'ACTIVE', type: 'PHYSICAL', currency, country: 'IE' },
      ...{
        merchant_id: this.merchants[0]?.id,
        created_at: '2021-01-01T00:00:00Z',
        timezone: 'Europe/Dublin',
      },
    };
    this.locations.push(made);
    return made;
  }

  addBankAccount(): FakeObject {
    const made = {
      ...{ id: this.createId('bact'), account_number_suffix: '971', country: 'IE', currency: 'EUR' },
      ...{
        account_type: 'CHECKING',
        holder_name: 'Jane Doe',
        primary_bank_identification_number: 'AIBKIE2D',
      },
      ...{ status: 'VERIFIED', creditable: true, debitable: true, version: 1, bank_name: 'A Bank' },
    };
    this.bankAccounts.push(made);
    return made;
  }

  addPayment(at: number, money: FakeMoney, members: Partial<FakeObject> = {}): FakeObject {
    const made = {
      ...{ id: this.createId('pay'), location_id: this.locations[0]?.id ?? '', status: 'COMPLETED' },
      ...{ created_at: formatTime(at), updated_at: formatTime(at), source_type: 'CARD', note: 'Invoice' },
      ...{ amount_money: money, total_money: money, card_details: { card: { card_brand: 'VISA' } } },
      ...members,
    };
    this.payments.push(made);
    return made;
  }

  addRefund(at: number, money: FakeMoney, members: Partial<FakeObject>): FakeObject {
    const made = {
      ...{ id: this.createId('ref'), location_id: this.locations[0]?.id ?? '', status: 'COMPLETED' },
      ...{ created_at: formatTime(at), updated_at: formatTime(at), amount_money: money, reason: 'Returned' },
      ...members,
    };
    this.refunds.push(made);
    return made;
  }

  addDispute(at: number, money: FakeMoney, paymentId: string, members: Partial<FakeObject> = {}): FakeObject {
    const made = {
      ...{ id: this.createId('dis'), location_id: this.locations[0]?.id ?? '', state: 'EVIDENCE_REQUIRED' },
      ...{ created_at: formatTime(at), updated_at: formatTime(at), amount_money: money, card_brand: 'VISA' },
      ...{ disputed_payment: { payment_id: paymentId }, reason: 'NO_KNOWLEDGE' },
      ...members,
    };
    this.disputes.push(made);
    return made;
  }

  /** Adds a payout that has no entries. */
  addPayout(at: number, money: FakeMoney, members: Partial<FakeObject> = {}): FakeObject {
    const made = {
      ...{
        id: this.createId('po'),
        location_id: this.locations[0]?.id ?? '',
        status: 'PAID',
        type: 'SIMPLE',
      },
      ...{ created_at: formatTime(at), updated_at: formatTime(at), amount_money: money, version: 1 },
      ...{ destination: { type: 'BANK_ACCOUNT', id: 'bact:1' }, end_to_end_id: 'L2100000005' },
      ...members,
    };
    this.payouts.push(made);
    return made;
  }

  addEntry(
    payoutId: string,
    type: string,
    at: number,
    amounts: { gross: FakeMoney; net: FakeMoney; fee?: FakeMoney },
    details?: object,
  ): FakeObject {
    const made = {
      ...{ id: this.createId('poe'), payout_id: payoutId, type, effective_at: formatTime(at) },
      ...{ gross_amount_money: amounts.gross, net_amount_money: amounts.net },
      ...(amounts.fee && { fee_amount_money: amounts.fee }),
      ...(details && { [`type_${type.toLowerCase()}_details`]: details }),
    };
    this.entries.push(made);
    return made;
  }

  /** Changes an object. The time of the change is the present time of the clock. */
  change(id: string, members: Partial<FakeObject>): void {
    this.changeCount += 1;
    for (const list of [this.payments, this.refunds, this.disputes, this.payouts]) {
      const found = list.find((each) => each.id === id);
      if (found) Object.assign(found, { updated_at: formatTime(this.clock.now()), ...members });
    }
  }

  private createMerchant(): FakeObject {
    const id = this.createId('M');
    return {
      ...{ id, business_name: 'Acme', country: 'IE', currency: 'EUR', status: 'ACTIVE' },
      ...{ created_at: '2021-01-01T00:00:00.000Z', language_code: 'en-IE' },
    };
  }

  private createRoutes(): FakeRoute[] {
    const guarded = (path: string, respond: (request: FakeRequest) => FakeResponse) =>
      fakeRoute('GET', path, (request) => this.findCredentialsError(request) ?? respond(request));
    return [
      fakeRoute('POST', '/oauth2/token', ({ body }) => this.issueToken(body)),
      guarded('/v2/merchants', () => ({ body: { merchant: this.merchants } })),
      guarded('/v2/locations', () => ({ body: { locations: this.locations } })),
      guarded('/v2/bank-accounts', (request) => this.listPage(request, 'bank_accounts', this.bankAccounts)),
      guarded('/v2/disputes', (request) => this.listPage(request, 'disputes', this.disputes)),
      guarded('/v2/payments', (request) => this.listByTime(request, 'payments', this.payments)),
      guarded('/v2/refunds', (request) => this.listByTime(request, 'refunds', this.refunds)),
      guarded('/v2/payouts', (request) => this.listByTime(request, 'payouts', this.payouts)),
      guarded('/v2/payouts/{payout_id}/payout-entries', (request) =>
        this.listPage(
          request,
          'payout_entries',
          this.entries.filter(({ payout_id }) => payout_id === request.params['payout_id']),
        ),
      ),
    ];
  }

  private issueToken(body: unknown): FakeResponse {
    const { grant_type, client_id, client_secret, refresh_token } = body as Record<string, string>;
    const isRight =
      grant_type === 'refresh_token' &&
      client_id === FAKE_OAUTH.applicationId &&
      client_secret === FAKE_OAUTH.applicationSecret &&
      refresh_token === FAKE_OAUTH.refreshToken;
    if (!isRight) return createErrorResponse(401, 'UNAUTHORIZED', 'wrong credentials');
    this.issuedTokenCount += 1;
    return {
      body: {
        ...{ access_token: FAKE_SETTINGS.accessToken, token_type: 'bearer', short_lived: false },
        ...{ expires_at: '2035-04-03T18:31:06Z', refresh_token, merchant_id: this.merchants[0]?.id },
      },
    };
  }

  private findCredentialsError({ headers }: FakeRequest): FakeResponse | undefined {
    if (headers['authorization'] !== `Bearer ${FAKE_SETTINGS.accessToken}`) {
      return createErrorResponse(401, 'UNAUTHORIZED', 'This request could not be authorized.');
    }
    return headers['square-version'] === undefined
      ? createErrorResponse(400, 'BAD_REQUEST', 'no Square-Version')
      : undefined;
  }

  /**
   * Returns a page of the rows that match a request. The defaults are those of Square's document: the main location, and rows that were
   * created in the last year.
   */
  private listByTime(request: FakeRequest, name: string, rows: readonly FakeObject[]): FakeResponse {
    const { query } = request;
    const property = query.get('sort_field') === 'UPDATED_AT' ? 'updated_at' : 'created_at';
    const readTime = (parameter: string, otherwise: number) =>
      query.has(parameter) ? Date.parse(query.get(parameter) ?? '') : otherwise;
    const now = this.clock.now();
    const begin = readTime('begin_time', now - 365 * 86_400_000);
    const [end, from] = [readTime('end_time', now), readTime('updated_at_begin_time', 0)];
    const to = readTime('updated_at_end_time', Infinity);
    const location = query.get('location_id') ?? (name === 'refunds' ? undefined : this.locations[0]?.id);
    const found = this.sortByTime(name, rows, property)
      .filter(({ row: { location_id, status }, created, updated }) => {
        const isInside = created >= begin && created < end && updated >= from && updated < to;
        const isWanted = !query.has('status') || status === query.get('status');
        return isInside && isWanted && (location === undefined || location_id === location);
      })
      .map(({ row }) => row);
    if (query.get('sort_order') !== 'ASC') found.reverse();
    return this.listPage(request, name, found);
  }

  /**
   * Returns the rows with their times, oldest first. The sorted array is cached until a row is added or changed, because a year has many
   * rows.
   */
  private sortByTime(name: string, rows: readonly FakeObject[], property: 'created_at' | 'updated_at') {
    const version = `${rows.length} ${this.changeCount}`;
    const known = this.sortedLists.get(`${name} ${property}`);
    if (known?.version === version) return known.rows;
    const sorted = rows
      .map((row) => ({
        row,
        created: Date.parse(row.created_at ?? ''),
        updated: Date.parse(row.updated_at ?? ''),
      }))
      .sort((a, b) => {
        const difference = property === 'created_at' ? a.created - b.created : a.updated - b.updated;
        return difference || (a.row.id < b.row.id ? -1 : 1);
      });
    this.sortedLists.set(`${name} ${property}`, { version, rows: sorted });
    return sorted;
  }

  /**
   * Returns a page. The cursor contains the request, because Square accepts a cursor only together with the same request. An empty list is
   * omitted from the response.
   */
  private listPage({ query }: FakeRequest, name: string, rows: readonly FakeObject[]): FakeResponse {
    const limit = Math.min(Number(query.get('limit') ?? MAX_PAGE_SIZE), MAX_PAGE_SIZE, this.maxRowsPerPage);
    const request = [...query].filter(([parameter]) => parameter !== 'cursor').join('&');
    const [asked = request, last] = decodeCursor(query.get('cursor'));
    if (asked !== request) return createErrorResponse(400, 'INVALID_CURSOR', 'the request has changed');
    const start = last === undefined ? 0 : rows.findIndex(({ id }) => id === last) + 1;
    const page = rows.slice(start, start + limit);
    const hasMore = start + page.length < rows.length;
    return {
      body: {
        ...(page.length > 0 && { [name]: page }),
        ...(hasMore && { cursor: encodeCursor([request, page.at(-1)?.id ?? '']) }),
      },
      ...(page.some(({ id }) => this.brokenIds.has(id)) && { undocumentedReason: BROKEN }),
    };
  }
}

export function toFakeMoney(units: bigint, currency: string): FakeMoney {
  return { amount: new JsonNumber(units.toString()), currency };
}

export function formatTime(at: number): string {
  return new Date(at).toISOString();
}

function encodeCursor(content: [request: string, last: string]): string {
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

function decodeCursor(cursor: string | null): [request?: string, last?: string] {
  return cursor === null ? [] : (JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [string, string]);
}

function createErrors(code: string, detail: string) {
  return { errors: [{ category: 'API_ERROR', code, detail }] };
}

function createErrorResponse(status: number, code: string, detail: string): FakeResponse {
  const undocumentedReason = 'the document describes the body of errors, but not their statuses';
  return { status, body: createErrors(code, detail), undocumentedReason };
}
