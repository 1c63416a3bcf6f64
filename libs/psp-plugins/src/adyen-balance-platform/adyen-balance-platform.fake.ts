/** A fake of Adyen's Configuration API and Transfers API on localhost. It is checked against Adyen's own documents, if they are available. */
import { FakePsp, fakeRoute, PspDocumentValidator } from '@tributary/connector-api/testing';
import type { FakeRequest, FakeResponse } from '@tributary/connector-api/testing';
import { toTransferJson } from './testing/fake-ledger.js';
import type { FakeLedger, FakeTransfer, ListedRow } from './testing/fake-ledger.js';

const DOCUMENTS = [
  ['/bcl/v2', await PspDocumentValidator.loadOfficial('adyen/BalancePlatformService-v2.json')],
  ['/btl/v4', await PspDocumentValidator.loadOfficial('adyen/TransferService-v4.json')],
] as const;
const DAY_MS = 86_400_000;
/** Six months, as long as the shortest of them. */
const MAX_WINDOW_MS = 181 * DAY_MS;
const MAX_PAGE_SIZE = 100;
const BROKEN_REASON = 'a row is broken on purpose';

/** The settings as in a deployment file. The fake accepts this key. */
export const FAKE_SETTINGS = {
  apiKey: 'AQE-key-of-the-fake',
  balancePlatform: 'YOUR_BALANCE_PLATFORM',
  webhookKeys: ['44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056'],
};

/** The document of a path; `undefined` if it is not available. */
function findDocument(path: string): PspDocumentValidator | undefined {
  return DOCUMENTS.find(([prefix]) => path.startsWith(prefix))?.[1];
}

export const ADYEN_DOCUMENT = DOCUMENTS.every(([, document]) => document !== undefined)
  ? {
      checkRequest: (request: Parameters<PspDocumentValidator['checkRequest']>[0]) =>
        findDocument(request.path)?.checkRequest(request) ?? [`no document has ${request.path}`],
      checkResponse: (...[request, response]: Parameters<PspDocumentValidator['checkResponse']>) =>
        findDocument(request.path)?.checkResponse(request, response) ?? [],
      // The paths in a document are without the path of its API.
      getExamples: (method: string, path: string) =>
        findDocument(path)?.getExamples(method, path.replace(/^\/b[ct]l\/v\d/, '')) ?? [],
    }
  : undefined;

export class AdyenBalancePlatformFake {
  server!: FakePsp;
  /** The orders that were accepted, with their amounts as they were sent. */
  readonly orders: { key: string; units: string; currency: string }[] = [];
  /** The maximum number of rows of a page, even if `limit` is larger. */
  maxRowsPerPage = MAX_PAGE_SIZE;
  private readonly responseByKey = new Map<string, FakeResponse>();

  private constructor(readonly ledger: FakeLedger) {}

  /** @param isChecked false if requests and responses are not checked against the documents, because the check of a year takes minutes */
  static async start(
    ledger: FakeLedger,
    { isChecked = true }: { isChecked?: boolean } = {},
  ): Promise<AdyenBalancePlatformFake> {
    const fake = new AdyenBalancePlatformFake(ledger);
    fake.server = await FakePsp.start({
      document: isChecked ? ADYEN_DOCUMENT : undefined,
      createErrorBody: (status) => createErrorBody(status, `status ${status}`),
      routes: fake.createRoutes(),
    });
    return fake;
  }

  /** The settings for the deployment file. */
  get settings() {
    return { ...FAKE_SETTINGS, url: this.server.url, since: '2025-01-01', requestsPerMinute: 6_000 };
  }

  private createRoutes() {
    const { ledger } = this;
    const guard = (respond: (request: FakeRequest) => FakeResponse) => (request: FakeRequest) =>
      request.headers['x-api-key'] === FAKE_SETTINGS.apiKey
        ? respond(request)
        : createError(401, 'Invalid key');
    const route = (method: string, path: string, respond: (request: FakeRequest) => FakeResponse) =>
      fakeRoute(method, path, guard(respond));
    return [
      route('GET', '/bcl/v2/balancePlatforms/{id}/accountHolders', ({ query }) =>
        this.listByOffset('accountHolders', ledger.holders, query),
      ),
      route('GET', '/bcl/v2/accountHolders/{id}/balanceAccounts', ({ params, query }) => {
        const rows = ledger.accounts.filter(({ accountHolderId }) => accountHolderId === params['id']);
        return this.listByOffset('balanceAccounts', rows, query);
      }),
      route('GET', '/bcl/v2/balanceAccounts/{id}', ({ params }) => this.getBalanceAccount(params['id'])),
      route('GET', '/btl/v4/transfers', ({ query }) => this.listTransfers(query)),
      route('GET', '/btl/v4/transfers/{id}', ({ params }) => {
        const found = ledger.findVisibleTransfer(params['id'] ?? '');
        if (found === undefined) return createError(404, 'Transfer not found');
        return {
          body: toTransferJson(found),
          ...(found.isBroken === true && { undocumentedReason: BROKEN_REASON }),
        };
      }),
      route('GET', '/btl/v4/transactions', ({ query }) =>
        this.listByTime('transactions', query, (isListed) => ledger.listTransactions(isListed)),
      ),
      route('POST', '/btl/v4/transfers', (request) => this.createTransfer(request)),
    ];
  }

  private listByOffset(property: string, rows: readonly object[], query: URLSearchParams): FakeResponse {
    const offset = Number(query.get('offset') ?? 0);
    const page = rows.slice(offset, offset + this.getLimit(query));
    const hasNext = offset + page.length < rows.length;
    return { body: { [property]: page, hasNext, hasPrevious: offset > 0 } };
  }

  private getLimit(query: URLSearchParams): number {
    return Math.min(Number(query.get('limit') ?? 10), this.maxRowsPerPage);
  }

  private getBalanceAccount(id = ''): FakeResponse {
    const account = this.ledger.accounts.find((one) => one.id === id);
    if (account === undefined) return createError(404, 'Balance account not found');
    return { body: { ...account, balances: this.ledger.listBalances(id) } };
  }

  private listTransfers(query: URLSearchParams): FakeResponse {
    const [category, reference] = [query.get('category'), query.get('reference')];
    return this.listByTime('transfers', query, (isListed) =>
      this.ledger
        .visibleTransfers()
        .filter(isListed)
        .filter((one) => category === null || one.category === category)
        .filter((one) => reference === null || one.reference === reference)
        .map((one) => ({ at: one.at, toJson: () => toTransferJson(one), isBroken: one.isBroken === true })),
    );
  }

  private listByTime(
    name: string,
    query: URLSearchParams,
    list: (isListed: (row: { at: number }) => boolean) => ListedRow[],
  ): FakeResponse {
    const [since = 0, until = 0] = ['createdSince', 'createdUntil'].map((key) =>
      Date.parse(query.get(key) ?? ''),
    );
    if (until - since > MAX_WINDOW_MS) return createError(422, 'The date range is too large');
    const rows = list(({ at }) => at >= since && at <= until).sort((a, b) => a.at - b.at);
    const start = Number(Buffer.from(query.get('cursor') ?? '', 'base64url').toString());
    const page = rows.slice(start, start + this.getLimit(query));
    const end = start + page.length;
    const cursor = Buffer.from(String(end)).toString('base64url');
    const href = `https://balanceplatform-api-test.adyen.com/btl/v4/${name}?cursor=${cursor}`;
    return {
      body: {
        data: page.map(({ toJson }) => toJson()),
        ...(end < rows.length && { _links: { next: { href } } }),
      },
      ...(page.some(({ isBroken }) => isBroken) && { undocumentedReason: BROKEN_REASON }),
    };
  }

  private createTransfer({ headers, body, rawBody }: FakeRequest): FakeResponse {
    const key = headers['idempotency-key'] ?? '';
    const known = this.responseByKey.get(key);
    if (known !== undefined) return known;
    const response = this.executeTransfer(body as TransferRequest, key, rawBody.toString());
    this.responseByKey.set(key, response);
    return response;
  }

  private executeTransfer(request: TransferRequest, key: string, text: string): FakeResponse {
    const { ledger } = this;
    const { counterparty, category, balanceAccountId, reference, description } = request;
    const source = ledger.accounts.find(({ id }) => id === balanceAccountId);
    const target = counterparty.balanceAccountId;
    const isKnown =
      category === 'internal'
        ? ledger.accounts.some(({ id }) => id === target)
        : counterparty.bankAccount !== undefined ||
          ledger.transferInstruments.has(counterparty.transferInstrumentId ?? '');
    if (source === undefined || !isKnown) return createError(422, 'The counterparty does not exist');
    const units = /"value":(\d+)/.exec(text)?.[1] ?? '';
    const { currency } = request.amount;
    this.orders.push({ key, units, currency });
    const shared = { at: ledger.clock.now(), currency, ...(description !== undefined && { description }) };
    const made: FakeTransfer =
      category === 'internal'
        ? ledger.addInternalTransfer({
            ...shared,
            from: source.id,
            to: target ?? '',
            units: BigInt(units),
            reference,
          })
        : ledger.addTransfer({
            ...{
              ...shared,
              accountId: source.id,
              category,
              type: 'bankTransfer',
              units: -BigInt(units),
              counterparty,
            },
            ...{ reference, categoryData: { type: 'bank', priority: request.priority ?? 'regular' } },
          });
    const json = new Map(Object.entries(toTransferJson(made)));
    for (const name of ['balances', 'events', 'balancePlatform', 'sequenceNumber']) json.delete(name);
    ledger.book(made, ledger.clock.now());
    return { status: 202, body: { ...Object.fromEntries(json), status: 'authorised', reason: 'pending' } };
  }

  async close(): Promise<void> {
    await this.server.close();
  }
}

interface TransferRequest {
  amount: { currency: string };
  balanceAccountId: string;
  category: string;
  counterparty: { balanceAccountId?: string; transferInstrumentId?: string; bankAccount?: object };
  reference: string;
  description?: string;
  priority?: string;
}

function createErrorBody(status: number, detail: string): object {
  return { type: 'https://docs.adyen.com/errors', title: 'Error', status, detail, errorCode: `30_${status}` };
}

function createError(status: number, detail: string): FakeResponse {
  return {
    status,
    body: createErrorBody(status, detail),
    undocumentedReason: 'some operations do not list 404',
  };
}
