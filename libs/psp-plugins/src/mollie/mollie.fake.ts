/**
 * A fake of Mollie's API on localhost: balances and business accounts with journals, payouts, and draft transfers (`mollie.drafts.fake.ts`). Its
 * responses are checked against Mollie's own document, if that is available.
 */
import { FakePsp, route } from '@tributary/connector-api/testing';
import type { FakeAnswer, FakeRequest, OpenApiDocument } from '@tributary/connector-api/testing';
import { FakeDrafts, fakeIban } from './mollie.drafts.fake.js';
import { FakeJournal } from './mollie.journal.fake.js';
import type { FakeBusinessAccount, FakeBusinessRow } from './mollie.journal.fake.js';
import { amountJson, errorBody, LINK, notFound, seconds } from './mollie.responses.fake.js';
import type { Cents } from './mollie.responses.fake.js';

export const MOLLIE_DOCUMENT = 'mollie/specs.yaml';
export const TOKEN = 'access_fake4PspTokenThatMustNotShow';

export interface FakeRow {
  id: string;
  type: string;
  /** Gross amount, signed. */
  amount: Cents;
  /** Signed amounts. */
  deductions?: Partial<Record<'fees' | 'commissions' | 'repayments' | 'reservations', Cents>>;
  /** Milliseconds since 1970; served in whole seconds. */
  createdAt: number;
  context?: Readonly<Record<string, string>>;
  /** Overrides properties of the served row. For rows that the document does not allow. */
  odd?: object;
}

export interface FakeBalance {
  id: string;
  currency: string;
  pending: Cents;
  journal: FakeJournal<FakeRow>;
  /** Overrides properties of the served balance. */
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
  /** Oldest first. */
  readonly payouts: FakePayout[] = [];
  readonly drafts = new FakeDrafts(this);
  /** Whether a payout leaves immediately. At Mollie it leaves on the next business day. */
  initiatesAtOnce = false;
  /** Mollie's clock in milliseconds since 1970. */
  now: () => number = () => Date.now();
  /** Maximum number of rows of a page, even if the request asks for more. */
  largestPage = 250;
  private psp: FakePsp | undefined;
  private count = 0;

  /**
   * Starts the fake.
   * @param document the document to check the responses against; see `OpenApiDocument.official`
   */
  static async start(document: OpenApiDocument | undefined): Promise<FakeMollie> {
    const fake = new FakeMollie();
    fake.psp = await FakePsp.start({
      document,
      contentType: 'application/hal+json',
      errorBody,
      routes: [
        route('GET', '/v2/balances', (request) => fake.listBalances(request)),
        route('GET', '/v2/balances/{id}', ({ params }) => fake.answerBalance(params.id)),
        route('GET', '/v2/balances/{id}/transactions', (request) => fake.listTransactions(request)),
        route('GET', '/v2/business-accounts/accounts', (request) => fake.listBusinessAccounts(request)),
        route('GET', '/v2/business-accounts/accounts/{id}', ({ params }) =>
          fake.answerBusinessAccount(params.id),
        ),
        route('GET', '/v2/business-accounts/accounts/{id}/transactions', (request) =>
          fake.listBusinessTransactions(request),
        ),
        route('GET', '/v2/payouts', (request) => fake.listPayouts(request)),
        route('POST', '/v2/payouts', (request) => fake.createPayout(request)),
        route('GET', '/v2/payouts/{id}', ({ params }) => fake.answerPayout(params.id)),
        ...fake.drafts.routes,
        route('POST', '/oauth2/tokens', () => ({
          headers: { 'content-type': 'application/json' },
          body: {
            access_token: TOKEN,
            refresh_token: 'refresh_fake',
            expires_in: 3600,
            token_type: 'bearer',
          },
        })),
      ],
    });
    return fake;
  }

  get engine(): FakePsp {
    if (this.psp === undefined) throw new Error('the fake was not started');
    return this.psp;
  }

  get url(): string {
    return this.engine.url;
  }

  /**
   * Stops the fake.
   * @throws Error that lists all differences from the document
   */
  close(): Promise<void> {
    return this.engine.close();
  }

  addBalance(currency: string, more: Partial<FakeBalance> = {}): FakeBalance {
    const balance = {
      id: `bal_fake${this.next()}`,
      currency,
      pending: 0,
      journal: new FakeJournal<FakeRow>(),
      ...more,
    };
    this.balances.push(balance);
    return balance;
  }

  addBusinessAccount(id = `ba_fake${this.next()}`): FakeBusinessAccount {
    const account = { id, iban: fakeIban(this.next()), journal: new FakeJournal<FakeBusinessRow>() };
    this.businessAccounts.push(account);
    return account;
  }

  /** Executes a payout: the money leaves its balance. */
  initiate(payout: FakePayout, now: number): FakeRow {
    payout.status = 'initiated';
    payout.initiatedAt = now;
    const id = `trf_${this.next()}`;
    const row = { ...this.settlementRow(now, id), type: 'outgoing-transfer', amount: -payout.amount };
    this.journalOf(payout).add(row);
    return row;
  }

  /**
   * Returns a payout that had left its balance.
   * @param row the settlement row of the payout
   */
  giveBack(payout: FakePayout, row: FakeRow, now: number): void {
    payout.status = 'failed';
    const back = this.settlementRow(now, row.context?.['transferId'] ?? '');
    this.journalOf(payout).add({ ...back, type: 'returned-transfer', amount: payout.amount });
  }

  private settlementRow(
    createdAt: number,
    transferId: string,
  ): Pick<FakeRow, 'id' | 'createdAt' | 'context'> {
    return { id: `baltr_fake${this.next()}`, createdAt, context: { transferId, settlementId: 'stl_fake' } };
  }

  private journalOf({ balanceId }: FakePayout): FakeJournal<FakeRow> {
    const balance = this.balances.find(({ id }) => id === balanceId);
    if (balance === undefined) throw new Error(`the fake has no balance ${balanceId}`);
    return balance.journal;
  }

  private listPayouts({ query }: FakeRequest): FakeAnswer {
    const rows = this.payouts.filter(({ balanceId }) => balanceId === query.get('balanceId')).reverse();
    return this.list('payouts', this.slice(rows, query), (payout) => payoutJson(payout));
  }

  private answerPayout(id: string | undefined): FakeAnswer {
    const payout = this.payouts.find((each) => each.id === id);
    return payout === undefined ? notFound : { body: payoutJson(payout) };
  }

  /** Creates a payout. A repeat with a known idempotency key gets the first response again. */
  private createPayout({ body, headers }: FakeRequest): FakeAnswer {
    const key = headers['idempotency-key'] ?? '';
    const known = this.payouts.find((payout) => payout.key === key);
    if (known !== undefined) return { status: 201, body: payoutJson(known) };
    const { balanceId, amount, description } = body as {
      balanceId: string;
      amount: { currency: string; value: string };
      description: string;
    };
    const balance = this.balances.find(({ id }) => id === balanceId);
    if (balance?.currency !== amount.currency) return { status: 422, body: errorBody(422) };
    const cents = Number(amount.value.replace('.', ''));
    const id = `payout_fake${this.next()}`;
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
    if (this.initiatesAtOnce) this.initiate(payout, this.now());
    return { status: 201, body: payoutJson(payout) };
  }

  /** Returns a number that this fake has not used before. */
  next(): number {
    return (this.count += 1);
  }

  private listBalances({ query }: FakeRequest): FakeAnswer {
    return this.list('balances', this.slice(this.balances, query), (balance) => balanceJson(balance));
  }

  private answerBalance(id: string | undefined): FakeAnswer {
    const balance = this.balances.find((each) => each.id === id);
    if (balance === undefined) return notFound;
    const json = balanceJson(balance);
    return { body: { ...json, _links: { ...json._links, documentation: LINK } }, ...undocumented(balance) };
  }

  private listTransactions({ params, query }: FakeRequest): FakeAnswer {
    const balance = this.balances.find(({ id }) => id === params.id);
    if (balance === undefined) return notFound;
    const page = balance.journal.page(query.get('from'), this.limit(query));
    if (page === undefined) return badCursor;
    return this.list('balance_transactions', page, (row) => rowJson(row, balance));
  }

  private listBusinessAccounts({ query }: FakeRequest): FakeAnswer {
    const { rows } = this.slice(this.businessAccounts, query);
    // The document has no links here.
    return {
      body: {
        count: rows.length,
        _embedded: { businessAccounts: rows.map((account) => businessJson(account)) },
      },
    };
  }

  private answerBusinessAccount(id: string | undefined): FakeAnswer {
    const account = this.businessAccounts.find((each) => each.id === id);
    return account === undefined ? notFound : { body: businessJson(account) };
  }

  private listBusinessTransactions({ params, query }: FakeRequest): FakeAnswer {
    const account = this.businessAccounts.find(({ id }) => id === params.id);
    // The document has no 404 for this path, so an unknown account is an invalid request.
    if (account === undefined) return badCursor;
    const page = account.journal.page(query.get('from'), Number(query.get('limit')));
    if (page === undefined) return badCursor;
    const transactions = page.rows.map((row) => businessRowJson(row, account));
    return { body: { count: transactions.length, _embedded: { transactions } } };
  }

  list<Row extends { id: string; odd?: object }>(
    member: string,
    { rows, next }: { rows: Row[]; next?: string },
    toJson: (row: Row) => object,
  ): FakeAnswer {
    return {
      body: {
        count: rows.length,
        _embedded: { [member]: rows.map(toJson) },
        _links: {
          self: LINK,
          previous: null,
          next:
            next === undefined ? null : { ...LINK, href: `https://api.mollie.com/v2/?from=${next}&limit=50` },
          documentation: LINK,
        },
      },
      ...(rows.some(({ odd }) => odd) ? { undocumented: 'a row that the document could not have' } : {}),
    };
  }

  slice<Row extends { id: string }>(all: Row[], query: URLSearchParams): { rows: Row[]; next?: string } {
    const from = query.get('from');
    const start = from === null ? 0 : all.findIndex(({ id }) => id === from);
    const end = start + this.limit(query);
    const next = all[end]?.id;
    return { rows: all.slice(start, end), ...(next === undefined ? {} : { next }) };
  }

  private limit(query: URLSearchParams): number {
    return Math.min(Number(query.get('limit') ?? 50), this.largestPage);
  }
}

/** Returns the balance: the sum of all rows. */
export function balanceOf({ journal }: FakeBalance): Cents {
  return journal.rows.reduce((total, row) => total + netOf(row), 0);
}

export function netOf({ amount, deductions = {} }: FakeRow): Cents {
  return Object.values(deductions).reduce((total, deduction) => total + deduction, amount);
}

const badCursor: FakeAnswer = { status: 400, body: errorBody(400) };

function undocumented({ odd }: { odd?: object }): Pick<FakeAnswer, 'undocumented'> {
  return odd === undefined ? {} : { undocumented: 'a balance that the document could not have' };
}

function balanceJson(balance: FakeBalance) {
  const { id, currency, pending, odd } = balance;
  return {
    resource: 'balance',
    id,
    mode: 'live',
    createdAt: '2019-12-06T10:09:32+00:00',
    currency,
    description: `${currency} balance`,
    availableAmount: amountJson(balanceOf(balance), currency),
    pendingAmount: amountJson(pending, currency),
    transferFrequency: 'daily',
    transferThreshold: amountJson(500, currency),
    transferReference: 'RF12-3456-7890-1234',
    transferDestination: {
      type: 'bank-account',
      beneficiaryName: 'Jan Jansen',
      bankAccount: 'NL55INGB0000000000',
    },
    status: 'active',
    _links: { self: LINK },
    ...odd,
  };
}

function rowJson(row: FakeRow, { currency }: FakeBalance): object {
  const { id, type, amount, deductions, createdAt, context, odd } = row;
  const deducted = netOf(row) - amount;
  return {
    resource: 'balance-transaction',
    id,
    type,
    resultAmount: amountJson(netOf(row), currency),
    initialAmount: amountJson(amount, currency),
    ...(deductions && {
      deductions: amountJson(deducted, currency),
      deductionDetails: Object.fromEntries(
        Object.entries(deductions).map(([name, value]) => [name, amountJson(value, currency)]),
      ),
    }),
    createdAt: seconds(createdAt),
    context: context === undefined ? null : { [type]: context },
    ...odd,
  };
}

function payoutJson(payout: FakePayout): object {
  const { id, balanceId, currency, amount, description, status, createdAt, initiatedAt, completedAt } =
    payout;
  const code = status === 'failed' && completedAt !== undefined ? 'returned' : status.replaceAll('-', '_');
  return {
    resource: 'payout',
    id,
    balanceId,
    amount: amountJson(amount, currency),
    description,
    status,
    statusReason: { code, message: `The payout is ${status}.` },
    createdAt: seconds(createdAt),
    initiatedAt: initiatedAt === undefined ? null : seconds(initiatedAt),
    completedAt: completedAt === undefined ? null : seconds(completedAt),
    canceledAt: null,
    mode: 'live',
  };
}

function businessJson({ id, iban, journal }: FakeBusinessAccount): object {
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
    balance: { total: amountJson(total, 'EUR') },
    createdAt: '2024-03-20T09:13:37+00:00',
  };
}

function businessRowJson(row: FakeBusinessRow, account: FakeBusinessAccount): object {
  return {
    resource: 'business-account-transaction',
    id: row.id,
    businessAccountId: account.id,
    mode: 'live',
    creditDebitIndicator: row.amount < 0 ? 'debit' : 'credit',
    type: row.type,
    amount: amountJson(Math.abs(row.amount), 'EUR'),
    description: row.description === undefined ? 'Payment for services' : row.description,
    counterparty: row.counterparty ?? { identifier: 'NL91ABNA0417164300', name: 'Jan Jansen' },
    afterBalance: { total: amountJson(row.amount, 'EUR') },
    processedAt: row.processed ? seconds(row.createdAt + 1000) : null,
    createdAt: seconds(row.createdAt),
  };
}
