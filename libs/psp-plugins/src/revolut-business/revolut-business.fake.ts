/**
 * A fake of Revolut's API on localhost with simulated data. Its requests and responses are checked against Revolut's official OpenAPI
 * document, if the document is available.
 */
import { FakePsp, PspDocumentValidator, fakeRoute } from '@tributary/connector-api/testing';
import type { FakeResponse, FakeRequest } from '@tributary/connector-api/testing';
import { createVerify, generateKeyPairSync } from 'node:crypto';
import { SIMULATED_ACCOUNTS } from './testing/simulate-year.js';
import {
  toJsonNumber,
  formatMicroseconds,
  createUuid,
  SimulatedRevolut,
} from './testing/simulated-revolut.js';
import type { SimulatedTransaction } from './testing/simulated-revolut.js';

export const REVOLUT_DOCUMENT_VALIDATOR = await PspDocumentValidator.loadOfficial(
  'revolut-business/business.json',
);
const DAY_MS = 86_400_000;
const KEY_PAIR = generateKeyPairSync('rsa', { modulusLength: 2048 });
const TOKEN_LIFETIME_MS = 40 * 60_000;
const MAX_SEARCH_RANGE_MS = 14 * DAY_MS;

/** Settings as in a deployment file. The fake accepts the credentials in these settings. */
export const FAKE_SETTINGS = {
  clientId: 'client-1',
  privateKey: KEY_PAIR.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  issuer: 'example.com',
  refreshToken: 'oa_prod_refresh-1',
  webhookSecret: 'wsk_r59a4HfWVAKycbCaNO1RvgCJec02gRd8',
  since: '2025-01-01',
};

export interface RevolutFakeOptions {
  world?: SimulatedRevolut;
  clock?: { now(): number };
  /** The time in milliseconds after which the server rejects a token, even if the token response contains a longer lifetime. */
  tokenLifetimeMs?: number;
}

export class RevolutBusinessFake {
  server!: FakePsp;
  /** The accepted orders, with their amounts as they were sent. */
  readonly orders: { key: string; amount: string; currency: string }[] = [];
  /** The number of full pages whose last row has the same time as the first row of the next page. */
  pageBordersAmongTies = 0;
  fullPageCount = 0;
  issuedTokenCount = 0;
  /** Properties that override those of the next orders of `/pay` and `/transfer`. */
  nextOrderOverrides: Partial<SimulatedTransaction> = {};
  /** The maximum number of rows of a page, even if `count` is larger. */
  maxRowsPerPage = Infinity;
  private readonly tokens = new Map<string, number>();

  private constructor(
    readonly world: SimulatedRevolut,
    private readonly tokenLifetimeMs: number,
  ) {}

  static async start(options: RevolutFakeOptions = {}): Promise<RevolutBusinessFake> {
    const clock = options.clock ?? { now: () => Date.now() };
    const world = options.world ?? new SimulatedRevolut(SIMULATED_ACCOUNTS, clock);
    const fake = new RevolutBusinessFake(world, options.tokenLifetimeMs ?? TOKEN_LIFETIME_MS);
    fake.server = await FakePsp.start({
      basePath: '/api/1.0',
      document: REVOLUT_DOCUMENT_VALIDATOR,
      createErrorBody: (status) => ({ code: 1000 + status, message: `status ${status}` }),
      routes: fake.routes(),
    });
    return fake;
  }

  /** The settings for the deployment file. */
  get settings() {
    return { ...FAKE_SETTINGS, url: this.server.url, requestsPerMinute: 60_000 };
  }

  private routes() {
    const guarded = (answer: (request: FakeRequest) => FakeResponse) => (request: FakeRequest) =>
      this.isAuthorized(request)
        ? answer(request)
        : { status: 401, body: { code: 1401, message: 'The request should be authorized.' } };
    return [
      fakeRoute('POST', '/auth/token', (request) => this.issueToken(request), {
        undocumentedReason: 'described in the guides only',
      }),
      fakeRoute(
        'GET',
        '/accounts',
        guarded(() => this.listAccounts()),
      ),
      fakeRoute(
        'GET',
        '/counterparties',
        guarded((request) => this.listCounterparties(request)),
      ),
      fakeRoute(
        'GET',
        '/transactions',
        guarded((request) => this.listTransactions(request)),
      ),
      fakeRoute(
        'GET',
        '/transaction/{id}',
        guarded((request) => this.getTransaction(request)),
      ),
      fakeRoute(
        'POST',
        '/pay',
        guarded((request) => this.createOrder(request)),
      ),
      fakeRoute(
        'POST',
        '/transfer',
        guarded((request) => this.createOrder(request)),
      ),
    ];
  }

  private issueToken({ body }: FakeRequest): FakeResponse {
    const form = body as Record<string, string>;
    const [header = '', payload = '', signature = ''] = (form['client_assertion'] ?? '').split('.');
    const signed = createVerify('RSA-SHA256')
      .update(`${header}.${payload}`)
      .verify(KEY_PAIR.publicKey, signature, 'base64url');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const isRight =
      signed &&
      form['grant_type'] === 'refresh_token' &&
      form['refresh_token'] === FAKE_SETTINGS.refreshToken &&
      form['client_assertion_type'] === 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' &&
      claims['iss'] === FAKE_SETTINGS.issuer &&
      claims['sub'] === FAKE_SETTINGS.clientId &&
      claims['aud'] === 'https://revolut.com' &&
      Number(claims['exp']) * 1000 > this.world.clock.now();
    if (!isRight)
      return {
        status: 400,
        body: { error: 'invalid_grant', error_description: 'refresh token or assertion is wrong' },
      };
    const now = this.world.clock.now();
    const last = `oa_prod_${this.issuedTokenCount}`;
    const isValid = (this.tokens.get(last) ?? 0) > now;
    if (!isValid) this.issuedTokenCount += 1;
    const token = `oa_prod_${this.issuedTokenCount}`;
    if (!isValid) this.tokens.set(token, now + this.tokenLifetimeMs);
    return { body: { access_token: token, token_type: 'bearer', expires_in: 2399 } };
  }

  private isAuthorized({ headers }: FakeRequest): boolean {
    const token = headers['authorization']?.replace('Bearer ', '') ?? '';
    return (this.tokens.get(token) ?? 0) > this.world.clock.now();
  }

  private listAccounts(): FakeResponse {
    const balances = this.world.computeBalances();
    const at = '2025-01-01T00:00:00.000000Z';
    return {
      body: this.world.accounts.map(({ id, currency, digits }) => ({
        id,
        name: `${currency} Main`,
        balance: toJsonNumber(balances.get(id) ?? 0n, digits),
        currency,
        state: 'active',
        public: false,
        created_at: at,
        updated_at: at,
      })),
    };
  }

  private listCounterparties({ query }: FakeRequest): FakeResponse {
    const before = Date.parse(query.get('created_before') ?? '');
    const rows = this.world.counterparties
      .filter(({ createdAt }) => createdAt < before && createdAt <= this.world.clock.now())
      .sort((a, b) => b.createdAt - a.createdAt)
      .slice(0, Number(query.get('limit') ?? 100))
      .map(({ id, createdAt, members }) => {
        const at = formatMicroseconds(BigInt(createdAt) * 1000n);
        return { id, state: 'created', created_at: at, updated_at: at, ...members };
      });
    return { body: rows };
  }

  private listTransactions({ query }: FakeRequest): FakeResponse {
    const [type, requestId, states] = [query.get('type'), query.get('request_id'), query.getAll('state')];
    const count = Math.min(Number(query.get('count') ?? 100), this.maxRowsPerPage);
    if (
      requestId !== null &&
      Date.parse(query.get('to') ?? '') - Date.parse(query.get('from') ?? '') > 14 * DAY_MS
    ) {
      return { status: 400, body: { code: 1400, message: 'the interval exceeds 14 days' } };
    }
    const wanted = (each: SimulatedTransaction) =>
      (type === null || each.type === type) &&
      (requestId === null || each.requestId === requestId) &&
      (states.length === 0 || states.includes(this.world.getState(each)));
    const { rows, next } = this.world.listTransactions(
      toMicroseconds(query.get('from')),
      toMicroseconds(query.get('to')),
      wanted,
      count,
    );
    if (rows.length === count) {
      this.fullPageCount += 1;
      if (next?.createdAt === rows.at(-1)?.createdAt) this.pageBordersAmongTies += 1;
    }
    const undocumentedReason = 'a row is broken on purpose';
    return {
      body: rows.map((each) => this.world.toJson(each)),
      ...(rows.some(({ isBroken }) => isBroken === true) && { undocumentedReason }),
    };
  }

  private getTransaction({ params }: FakeRequest): FakeResponse {
    const found = this.world.transactions.find(({ id }) => id === params['id']);
    return found
      ? { body: this.world.toJson(found) }
      : { status: 404, body: { code: 1404, message: 'not found' } };
  }

  private createOrder({ body, rawBody, path }: FakeRequest): FakeResponse {
    const asked = body as OrderRequestBody;
    const { world } = this;
    const now = world.clock.now();
    const isKnown = world.transactions.some(
      (each) =>
        each.requestId === asked.request_id && now - Number(each.createdAt / 1000n) < MAX_SEARCH_RANGE_MS,
    );
    if (isKnown) return createErrorResponse(3020, `Duplicate request: ${asked.request_id}`);
    const from = world.accounts.find(({ id }) => id === (asked.account_id ?? asked.source_account_id));
    const target = world.accounts.find(({ id }) => id === asked.target_account_id);
    const payee = world.counterparties.find(({ id }) => id === asked.receiver?.counterparty_id);
    if (!from || (path === '/transfer' ? !target : !payee))
      return createErrorResponse(2101, 'no such account');
    const written = /"amount":(-?[\d.]+)/.exec(rawBody.toString())?.[1] ?? '';
    this.orders.push({ key: asked.request_id, amount: written, currency: asked.currency });
    const amount = toMinorUnits(written, from.digits);
    const counterparty = payee && {
      id: payee.id,
      account_type: 'external',
      ...(asked.receiver?.account_id !== undefined && { account_id: asked.receiver.account_id }),
    };
    const made: SimulatedTransaction = {
      id: createUuid(0x0de, world.transactions.length),
      type: 'transfer',
      createdAt: BigInt(now) * 1000n,
      decidedAt: now,
      outcome: 'completed',
      requestId: asked.request_id,
      ...(asked.reference !== undefined && { reference: asked.reference }),
      legs: [
        { account: from, amount: -amount, ...(counterparty && { counterparty }) },
        ...(target ? [{ account: target, amount }] : []),
      ],
      ...this.nextOrderOverrides,
    };
    world.add(made);
    return {
      body: { id: made.id, state: world.getState(made), created_at: formatMicroseconds(made.createdAt) },
    };
  }
}

interface OrderRequestBody {
  request_id: string;
  currency: string;
  reference?: string;
  account_id?: string;
  source_account_id?: string;
  target_account_id?: string;
  receiver?: { counterparty_id: string; account_id?: string; card_id?: string };
}

function createErrorResponse(code: number, message: string): FakeResponse {
  return { status: 400, body: { code, message } };
}

function toMicroseconds(text: string | null): bigint {
  return BigInt(Date.parse(text ?? '')) * 1000n;
}

/** Converts a decimal string to minor units without floating-point numbers, so that the fake stores the exact amount that was sent. */
function toMinorUnits(text: string, digits: number): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(digits, '0'));
}
