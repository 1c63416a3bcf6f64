/**
 * A fake of Mollie's API on localhost: balances and business accounts with journals, payouts, and draft transfers
 * (`testing/fake-drafts.ts`). Its responses are checked against Mollie's own document, if the document is available.
 */
import { FakePsp, fakeRoute } from '@tributary/connector-api/testing';
import type { FakeResponse, FakeRequest, PspDocumentValidator } from '@tributary/connector-api/testing';
import { FakeDraftTransfers, createFakeIban } from './testing/fake-drafts.js';
import { FakeJournal } from './testing/fake-row-list.js';
import type { FakeBusinessAccount, FakeBusinessTransaction } from './testing/fake-row-list.js';
import {
  toAmountJson,
  createErrorBody,
  DOCUMENTATION_LINK,
  NOT_FOUND_RESPONSE,
  formatSeconds,
} from './testing/fake-responses.js';
import type { Cents } from './testing/fake-responses.js';

export const MOLLIE_DOCUMENT_PATH = 'mollie/specs.yaml';
export const FAKE_ACCESS_TOKEN = 'access_fake4PspTokenThatMustNotShow';

export interface FakeBalanceTransaction {
  id: string;
  type: string;
  /** The gross amount with its sign. */
  amount: Cents;
  /** The deducted amounts with their signs. */
  deductions?: Partial<Record<'fees' | 'commissions' | 'repayments' | 'reservations', Cents>>;
  /** The time in milliseconds since 1970. It is served in whole seconds. */
  createdAt: number;
  context?: Readonly<Record<string, string>>;
  /** Properties that override those of the served row, for rows that the document does not allow. */
  odd?: object;
}

export interface FakeBalance {
  id: string;
  currency: string;
  pending: Cents;
  journal: FakeJournal<FakeBalanceTransaction>;
  /** Properties that override those of the served balance. */
  odd?: object;
}

export interface FakePayout {
  id: string;
  key: string;
  balanceId: string;
  currency: string;
  amount: Cents;
  description: string;
  status: 'requested' | 'initiated' | 'processing-at-bank' | 'completed' | 'failed' | 'canceled';
  createdAt: number;
  initiatedAt?: number;
  completedAt?: number;
}

export class FakeMollie {
  readonly balances: FakeBalance[] = [];
  readonly businessAccounts: FakeBusinessAccount[] = [];
  /** The payouts, oldest first. */
  readonly payouts: FakePayout[] = [];
  readonly drafts = new FakeDraftTransfers(this);
  /** Whether the money of a payout leaves its balance immediately. At Mollie, it leaves on the next business day. */
  initiatesImmediately = false;
  /** Returns the time of Mollie's clock in milliseconds since 1970. */
  now: () => number = () => Date.now();
  /** The maximum number of rows of a page, even if a request has a larger limit. */
  maxPageSize = 250;
  private psp: FakePsp | undefined;
  private count = 0;

  /**
   * Starts the fake.
   * @param document the document against which responses are checked; see `PspDocumentValidator.loadOfficial`
   */
  static async start(document: PspDocumentValidator | undefined): Promise<FakeMollie> {
    const fake = new FakeMollie();
    fake.psp = await FakePsp.start({
      document,
      contentType: 'application/hal+json',
      createErrorBody,
      routes: [
        fakeRoute('GET', '/v2/balances', (request) => fake.listBalances(request)),
        fakeRoute('GET', '/v2/balances/{id}', ({ params }) => fake.getBalance(params.id)),
        fakeRoute('GET', '/v2/balances/{id}/transactions', (request) => fake.listTransactions(request)),
        fakeRoute('GET', '/v2/business-accounts/accounts', (request) => fake.listBusinessAccounts(request)),
        fakeRoute('GET', '/v2/business-accounts/accounts/{id}', ({ params }) =>
          fake.getBusinessAccount(params.id),
        ),
        fakeRoute('GET', '/v2/business-accounts/accounts/{id}/transactions', (request) =>
          fake.listBusinessTransactions(request),
        ),
        fakeRoute('GET', '/v2/payouts', (request) => fake.listPayouts(request)),
        fakeRoute('POST', '/v2/payouts', (request) => fake.createPayout(request)),
        fakeRoute('GET', '/v2/payouts/{id}', ({ params }) => fake.getPayout(params.id)),
        ...fake.drafts.routes,
        fakeRoute('POST', '/oauth2/tokens', () => ({
          headers: { 'content-type': 'application/json' },
          body: {
            access_token: FAKE_ACCESS_TOKEN,
            refresh_token: 'refresh_fake',
            expires_in: 3600,
            token_type: 'bearer',
          },
        })),
      ],
    });
    return fake;
  }

  get server(): FakePsp {
    if (this.psp === undefined) throw new Error('the fake was not started');
    return this.psp;
  }

  get url(): string {
    return this.server.url;
  }

  /**
   * Stops the fake.
   * @throws Error that lists all differences from the document
   */
  close(): Promise<void> {
    return this.server.close();
  }

  addBalance(currency: string, more: Partial<FakeBalance> = {}): FakeBalance {
    const balance = {
      id: `bal_fake${this.nextNumber()}`,
      currency,
      pending: 0,
      journal: new FakeJournal<FakeBalanceTransaction>(),
      ...more,
    };
    this.balances.push(balance);
    return balance;
  }

  addBusinessAccount(id = `ba_fake${this.nextNumber()}`): FakeBusinessAccount {
    const account = {
      id,
      iban: createFakeIban(this.nextNumber()),
      journal: new FakeJournal<FakeBusinessTransaction>(),
    };
    this.businessAccounts.push(account);
    return account;
  }

  /** Executes a payout: the money leaves its balance. */
  initiatePayout(payout: FakePayout, now: number): FakeBalanceTransaction {
    payout.status = 'initiated';
    payout.initiatedAt = now;
    const id = `trf_${this.nextNumber()}`;
    const row = { ...this.createSettlementRow(now, id), type: 'outgoing-transfer', amount: -payout.amount };
    this.getJournal(payout).append(row);
    return row;
  }

  /**
   * Returns the money of a payout after it had left its balance.
   * @param row the row with which the money of the payout left
   */
  returnPayout(payout: FakePayout, row: FakeBalanceTransaction, now: number): void {
    payout.status = 'failed';
    const back = this.createSettlementRow(now, row.context?.['transferId'] ?? '');
    this.getJournal(payout).append({ ...back, type: 'returned-transfer', amount: payout.amount });
  }

  private createSettlementRow(
    createdAt: number,
    transferId: string,
  ): Pick<FakeBalanceTransaction, 'id' | 'createdAt' | 'context'> {
    return {
      id: `baltr_fake${this.nextNumber()}`,
      createdAt,
      context: { transferId, settlementId: 'stl_fake' },
    };
  }

  private getJournal({ balanceId }: FakePayout): FakeJournal<FakeBalanceTransaction> {
    const balance = this.balances.find(({ id }) => id === balanceId);
    if (balance === undefined) throw new Error(`the fake has no balance ${balanceId}`);
    return balance.journal;
  }

  private listPayouts({ query }: FakeRequest): FakeResponse {
    const rows = this.payouts.filter(({ balanceId }) => balanceId === query.get('balanceId')).reverse();
    return this.createListResponse('payouts', this.slicePage(rows, query), (payout) => toPayoutJson(payout));
  }

  private getPayout(id: string | undefined): FakeResponse {
    const payout = this.payouts.find((each) => each.id === id);
    return payout === undefined ? NOT_FOUND_RESPONSE : { body: toPayoutJson(payout) };
  }

  /** Creates a payout. For a repeated idempotency key, the first response is returned again. */
  private createPayout({ body, headers }: FakeRequest): FakeResponse {
    const key = headers['idempotency-key'] ?? '';
    const known = this.payouts.find((payout) => payout.key === key);
    if (known !== undefined) return { status: 201, body: toPayoutJson(known) };
    const { balanceId, amount, description } = body as {
      balanceId: string;
      amount: { currency: string; value: string };
      description: string;
    };
    const balance = this.balances.find(({ id }) => id === balanceId);
    if (balance?.currency !== amount.currency) return { status: 422, body: createErrorBody(422) };
    const cents = Number(amount.value.replace('.', ''));
    const id = `payout_fake${this.nextNumber()}`;
    const payout: FakePayout = {
      id,
      key,
      balanceId,
      currency: amount.currency,
      amount: cents,
      description,
      status: 'requested',
      createdAt: this.now(),
    };
    this.payouts.push(payout);
    if (this.initiatesImmediately) this.initiatePayout(payout, this.now());
    return { status: 201, body: toPayoutJson(payout) };
  }

  /** Returns a number that this fake has not used before. */
  nextNumber(): number {
    return (this.count += 1);
  }

  private listBalances({ query }: FakeRequest): FakeResponse {
    return this.createListResponse('balances', this.slicePage(this.balances, query), (balance) =>
      toBalanceJson(balance),
    );
  }

  private getBalance(id: string | undefined): FakeResponse {
    const balance = this.balances.find((each) => each.id === id);
    if (balance === undefined) return NOT_FOUND_RESPONSE;
    const json = toBalanceJson(balance);
    return {
      body: { ...json, _links: { ...json._links, documentation: DOCUMENTATION_LINK } },
      ...getUndocumentedReason(balance),
    };
  }

  private listTransactions({ params, query }: FakeRequest): FakeResponse {
    const balance = this.balances.find(({ id }) => id === params.id);
    if (balance === undefined) return NOT_FOUND_RESPONSE;
    const page = balance.journal.getPage(query.get('from'), this.getPageLimit(query));
    if (page === undefined) return INVALID_CURSOR_RESPONSE;
    return this.createListResponse('balance_transactions', page, (row) =>
      toBalanceTransactionJson(row, balance),
    );
  }

  private listBusinessAccounts({ query }: FakeRequest): FakeResponse {
    const { rows } = this.slicePage(this.businessAccounts, query);
    // This response has no links, as in the document.
    return {
      body: {
        count: rows.length,
        _embedded: { businessAccounts: rows.map((account) => toBusinessAccountJson(account)) },
      },
    };
  }

  private getBusinessAccount(id: string | undefined): FakeResponse {
    const account = this.businessAccounts.find((each) => each.id === id);
    return account === undefined ? NOT_FOUND_RESPONSE : { body: toBusinessAccountJson(account) };
  }

  private listBusinessTransactions({ params, query }: FakeRequest): FakeResponse {
    const account = this.businessAccounts.find(({ id }) => id === params.id);
    // An unknown account is answered like an invalid request, because the document has no status 404 for this path.
    if (account === undefined) return INVALID_CURSOR_RESPONSE;
    const page = account.journal.getPage(query.get('from'), Number(query.get('limit')));
    if (page === undefined) return INVALID_CURSOR_RESPONSE;
    const transactions = page.rows.map((row) => toBusinessTransactionJson(row, account));
    return { body: { count: transactions.length, _embedded: { transactions } } };
  }

  createListResponse<Row extends { id: string; odd?: object }>(
    property: string,
    { rows, next }: { rows: Row[]; next?: string },
    toJson: (row: Row) => object,
  ): FakeResponse {
    return {
      body: {
        count: rows.length,
        _embedded: { [property]: rows.map(toJson) },
        _links: {
          self: DOCUMENTATION_LINK,
          previous: null,
          next:
            next === undefined
              ? null
              : { ...DOCUMENTATION_LINK, href: `https://api.mollie.com/v2/?from=${next}&limit=50` },
          documentation: DOCUMENTATION_LINK,
        },
      },
      ...(rows.some(({ odd }) => odd)
        ? { undocumentedReason: 'a row that the document could not have' }
        : {}),
    };
  }

  slicePage<Row extends { id: string }>(all: Row[], query: URLSearchParams): { rows: Row[]; next?: string } {
    const from = query.get('from');
    const start = from === null ? 0 : all.findIndex(({ id }) => id === from);
    const end = start + this.getPageLimit(query);
    const next = all[end]?.id;
    return { rows: all.slice(start, end), ...(next === undefined ? {} : { next }) };
  }

  private getPageLimit(query: URLSearchParams): number {
    return Math.min(Number(query.get('limit') ?? 50), this.maxPageSize);
  }
}

/** Returns the balance, i.e. the sum of all rows. */
export function computeBalance({ journal }: FakeBalance): Cents {
  return journal.rows.reduce((total, row) => total + computeNetAmount(row), 0);
}

export function computeNetAmount({ amount, deductions = {} }: FakeBalanceTransaction): Cents {
  return Object.values(deductions).reduce((total, deduction) => total + deduction, amount);
}

const INVALID_CURSOR_RESPONSE: FakeResponse = { status: 400, body: createErrorBody(400) };

function getUndocumentedReason({ odd }: { odd?: object }): Pick<FakeResponse, 'undocumentedReason'> {
  return odd === undefined ? {} : { undocumentedReason: 'a balance that the document could not have' };
}

function toBalanceJson(balance: FakeBalance) {
  const { id, currency, pending, odd } = balance;
  return {
    resource: 'balance',
    id,
    mode: 'live',
    createdAt: '2019-12-06T10:09:32+00:00',
    currency,
    description: `${currency} balance`,
    availableAmount: toAmountJson(computeBalance(balance), currency),
    pendingAmount: toAmountJson(pending, currency),
    transferFrequency: 'daily',
    transferThreshold: toAmountJson(500, currency),
    transferReference: 'RF12-3456-7890-1234',
    transferDestination: {
      type: 'bank-account',
      beneficiaryName: 'Jan Jansen',
      bankAccount: 'NL55INGB0000000000',
    },
    status: 'active',
    _links: { self: DOCUMENTATION_LINK },
    ...odd,
  };
}

function toBalanceTransactionJson(row: FakeBalanceTransaction, { currency }: FakeBalance): object {
  const { id, type, amount, deductions, createdAt, context, odd } = row;
  const deducted = computeNetAmount(row) - amount;
  return {
    resource: 'balance-transaction',
    id,
    type,
    resultAmount: toAmountJson(computeNetAmount(row), currency),
    initialAmount: toAmountJson(amount, currency),
    ...(deductions && {
      deductions: toAmountJson(deducted, currency),
      deductionDetails: Object.fromEntries(
        Object.entries(deductions).map(([name, value]) => [name, toAmountJson(value, currency)]),
      ),
    }),
    createdAt: formatSeconds(createdAt),
    context: context === undefined ? null : { [type]: context },
    ...odd,
  };
}

function toPayoutJson(payout: FakePayout): object {
  const { id, balanceId, currency, amount, description, status, createdAt, initiatedAt, completedAt } =
    payout;
  const code = status === 'failed' && completedAt !== undefined ? 'returned' : status.replaceAll('-', '_');
  return {
    resource: 'payout',
    id,
    balanceId,
    amount: toAmountJson(amount, currency),
    description,
    status,
    statusReason: { code, message: `The payout is ${status}.` },
    createdAt: formatSeconds(createdAt),
    initiatedAt: initiatedAt === undefined ? null : formatSeconds(initiatedAt),
    completedAt: completedAt === undefined ? null : formatSeconds(completedAt),
    canceledAt: null,
    mode: 'live',
  };
}

function toBusinessAccountJson({ id, iban, journal }: FakeBusinessAccount): object {
  const total = journal.rows.reduce((sum, { amount }) => sum + amount, 0);
  return {
    resource: 'business-account',
    id,
    mode: 'live',
    accountDetails: {
      accountHolderName: 'Acme B.V.',
      name: 'Main',
      currency: 'EUR',
      iban,
      bic: 'MLLENL2A',
    },
    status: 'active',
    balance: { total: toAmountJson(total, 'EUR') },
    createdAt: '2024-03-20T09:13:37+00:00',
  };
}

function toBusinessTransactionJson(row: FakeBusinessTransaction, account: FakeBusinessAccount): object {
  return {
    resource: 'business-account-transaction',
    id: row.id,
    businessAccountId: account.id,
    mode: 'live',
    creditDebitIndicator: row.amount < 0 ? 'debit' : 'credit',
    type: row.type,
    amount: toAmountJson(Math.abs(row.amount), 'EUR'),
    description: row.description === undefined ? 'Payment for services' : row.description,
    counterparty: row.counterparty ?? { identifier: 'NL91ABNA0417164300', name: 'Jan Jansen' },
    afterBalance: { total: toAmountJson(row.amount, 'EUR') },
    processedAt: row.processed ? formatSeconds(row.createdAt + 1000) : null,
    createdAt: formatSeconds(row.createdAt),
  };
}
