/** Revolut's API over a made-up world, on this machine, held against Revolut's own document where that is at hand. */
import { FakePsp, OpenApiDocument, route } from '@tributary/connector-api/testing';
import type { FakeAnswer, FakeRequest } from '@tributary/connector-api/testing';
import { createVerify, generateKeyPairSync } from 'node:crypto';
import { ACCOUNTS } from './testing/year.js';
import { decimal, time, uuid, World } from './testing/world.js';
import type { WorldTransaction } from './testing/world.js';

export const DOCUMENT = await OpenApiDocument.official('revolut-business/business.json');
const DAY = 86_400_000;
const KEYS = generateKeyPairSync('rsa', { modulusLength: 2048 });
const NEVER_EXPIRES = 40 * 60_000;

export interface RevolutFakeOptions {
  world?: World;
  clock?: { now(): number };
  /** Milliseconds until the server refuses a token that it gave, whatever it said. */
  tokenLife?: number;
  /** False where hundreds of thousands of rows would be held against the document. Default true. */
  checked?: boolean;
}

export class RevolutBusinessFake {
  readonly secrets = {
    refreshToken: 'oa_prod_refresh-1',
    webhookSecret: 'wsk_r59a4HfWVAKycbCaNO1RvgCJec02gRd8',
  };
  /** How often a full page ended among rows of one time. */
  bordersAmongTies = 0;
  fullPages = 0;
  tokensGiven = 0;
  /** How `/pay` and `/transfer` decide about the next orders. */
  next: Partial<WorldTransaction> = {};
  private readonly tokens = new Map<string, number>();

  private constructor(
    readonly world: World,
    private readonly tokenLife: number,
  ) {}

  psp!: FakePsp;

  static async start(options: RevolutFakeOptions = {}): Promise<RevolutBusinessFake> {
    const clock = options.clock ?? { now: () => Date.now() };
    const world = options.world ?? new World(ACCOUNTS, clock);
    const fake = new RevolutBusinessFake(world, options.tokenLife ?? NEVER_EXPIRES);
    fake.psp = await FakePsp.start({
      basePath: '/api/1.0',
      document: options.checked === false ? undefined : DOCUMENT,
      errorBody: (status) => ({ code: 1000 + status, message: `status ${status}` }),
      routes: fake.routes(),
    });
    return fake;
  }

  /** For the deployment file. */
  get settings() {
    return {
      url: this.psp.url,
      clientId: 'client-1',
      privateKey: KEYS.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      issuer: 'example.com',
      requestsPerMinute: 60_000,
      since: '2025-01-01',
      ...this.secrets,
    };
  }

  private routes() {
    const guarded = (answer: (request: FakeRequest) => FakeAnswer) => (request: FakeRequest) =>
      this.isAuthorized(request)
        ? answer(request)
        : { status: 401, body: { code: 1401, message: 'The request should be authorized.' } };
    return [
      route('POST', '/auth/token', (request) => this.token(request), {
        undocumented: 'described in the guides only',
      }),
      route(
        'GET',
        '/accounts',
        guarded(() => this.accounts()),
      ),
      route(
        'GET',
        '/counterparties',
        guarded((request) => this.counterparties(request)),
      ),
      route(
        'GET',
        '/transactions',
        guarded((request) => this.transactions(request)),
      ),
      route(
        'GET',
        '/transaction/{id}',
        guarded((request) => this.transaction(request)),
      ),
      route(
        'POST',
        '/pay',
        guarded((request) => this.order(request)),
      ),
      route(
        'POST',
        '/transfer',
        guarded((request) => this.order(request)),
      ),
    ];
  }

  private token({ body }: FakeRequest): FakeAnswer {
    const form = body as Record<string, string>;
    const [header = '', payload = '', signature = ''] = (form['client_assertion'] ?? '').split('.');
    const signed = createVerify('RSA-SHA256')
      .update(`${header}.${payload}`)
      .verify(KEYS.publicKey, signature, 'base64url');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const isRight =
      signed &&
      form['grant_type'] === 'refresh_token' &&
      form['refresh_token'] === this.secrets.refreshToken &&
      form['client_assertion_type'] === 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' &&
      claims['iss'] === 'example.com' &&
      claims['sub'] === 'client-1' &&
      claims['aud'] === 'https://revolut.com' &&
      Number(claims['exp']) * 1000 > this.world.clock.now();
    if (!isRight)
      return {
        status: 400,
        body: { error: 'invalid_grant', error_description: 'refresh token or assertion is wrong' },
      };
    this.tokensGiven += 1;
    const token = `oa_prod_${this.tokensGiven}`;
    this.tokens.set(token, this.world.clock.now() + this.tokenLife);
    return { body: { access_token: token, token_type: 'bearer', expires_in: 2399 } };
  }

  private isAuthorized({ headers }: FakeRequest): boolean {
    const token = headers['authorization']?.replace('Bearer ', '') ?? '';
    return (this.tokens.get(token) ?? 0) > this.world.clock.now();
  }

  private accounts(): FakeAnswer {
    const balances = this.world.balances();
    const at = '2025-01-01T00:00:00.000000Z';
    return {
      body: this.world.accounts.map(({ id, currency, digits }) => ({
        id,
        name: `${currency} Main`,
        balance: decimal(balances.get(id) ?? 0n, digits),
        currency,
        state: 'active',
        public: false,
        created_at: at,
        updated_at: at,
      })),
    };
  }

  private counterparties({ query }: FakeRequest): FakeAnswer {
    const before = Date.parse(query.get('created_before') ?? '');
    const rows = this.world.counterparties
      .filter(({ createdAt }) => createdAt < before && createdAt <= this.world.clock.now())
      .sort((a, b) => b.createdAt - a.createdAt)
      .slice(0, Number(query.get('limit') ?? 100))
      .map(({ id, createdAt, members }) => {
        const at = time(BigInt(createdAt) * 1000n);
        return { id, state: 'created', created_at: at, updated_at: at, ...members };
      });
    return { body: rows };
  }

  private transactions({ query }: FakeRequest): FakeAnswer {
    const [type, requestId, states] = [query.get('type'), query.get('request_id'), query.getAll('state')];
    const count = Number(query.get('count') ?? 100);
    if (
      requestId !== null &&
      Date.parse(query.get('to') ?? '') - Date.parse(query.get('from') ?? '') > 14 * DAY
    ) {
      return { status: 400, body: { code: 1400, message: 'the interval exceeds 14 days' } };
    }
    const wanted = (each: WorldTransaction) =>
      (type === null || each.type === type) &&
      (requestId === null || each.requestId === requestId) &&
      (states.length === 0 || states.includes(this.world.stateOf(each)));
    const { rows, next } = this.world.list(
      microseconds(query.get('from')),
      microseconds(query.get('to')),
      wanted,
      count,
    );
    if (rows.length === count) {
      this.fullPages += 1;
      if (next?.createdAt === rows.at(-1)?.createdAt) this.bordersAmongTies += 1;
    }
    return { body: rows.map((each) => this.world.row(each)) };
  }

  private transaction({ params }: FakeRequest): FakeAnswer {
    const found = this.world.transactions.find(({ id }) => id === params['id']);
    return found
      ? { body: this.world.row(found) }
      : { status: 404, body: { code: 1404, message: 'not found' } };
  }

  private order({ body, path }: FakeRequest): FakeAnswer {
    const asked = body as Record<string, unknown> & { receiver?: Record<string, string> };
    const requestId = String(asked['request_id']);
    const now = this.world.clock.now();
    const known = this.world.transactions.find(
      (each) => each.requestId === requestId && now - Number(each.createdAt / 1000n) < 14 * DAY,
    );
    if (known) return { status: 400, body: { code: 3020, message: `Duplicate request: ${requestId}` } };
    const source = String(asked['account_id'] ?? asked['source_account_id']);
    const from = this.world.accounts.find(({ id }) => id === source);
    if (!from) return { status: 400, body: { code: 2101, message: `account ${source} is not yours` } };
    const amount = units(String(asked['amount']), from.digits);
    const target = this.world.accounts.find(({ id }) => id === asked['target_account_id']);
    const receiver = asked.receiver;
    const counterparty = receiver && {
      id: receiver['counterparty_id'],
      account_type: 'external',
      ...(receiver['account_id'] === undefined ? {} : { account_id: receiver['account_id'] }),
    };
    const made: WorldTransaction = {
      id: uuid(0x0de, this.world.transactions.length),
      type: 'transfer',
      createdAt: BigInt(now) * 1000n,
      decidedAt: now,
      outcome: 'completed',
      requestId,
      reference: String(asked['reference']),
      legs: [
        { account: from, amount: -amount, ...(counterparty && { counterparty }) },
        ...(path === '/transfer' && target ? [{ account: target, amount }] : []),
      ],
      ...this.next,
    };
    this.world.add(made);
    return { body: { id: made.id, state: this.world.stateOf(made), created_at: time(made.createdAt) } };
  }
}

function microseconds(text: string | null): bigint {
  return BigInt(Date.parse(text ?? '')) * 1000n;
}

/** Never through a double: the fake must see what was written. */
function units(text: string, digits: number): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(digits, '0'));
}
