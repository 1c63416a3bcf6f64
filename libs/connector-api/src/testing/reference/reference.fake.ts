/** An in-memory fake of the reference PSP: its data and its HTTP routes. */
import { createHmac } from 'node:crypto';
import { parseMoney } from '../../money.js';
import type { Money } from '../../money.js';
import { JsonNumber } from '../../http/json-number.js';
import { FakePsp } from '../fake-psp.js';
import { fakeRoute } from '../fake-route.js';
import type { FakeResponse, FakeRequest } from '../fake-route.js';
import type { ManualClock } from '../suite/manual-clock.js';
import type {
  PspFixture,
  PspFixtureOptions,
  RelatedMovementInput,
  TransactionInput,
} from '../suite/suite.types.js';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const MAX_PAGE_SIZE = 20;
const BALANCE = { balance: new JsonNumber('187.50'), currency: 'EUR' };
/** The error code that the PSP returns for an idempotency key that was already used. */
const DUPLICATE_KEY_CODE = 17;
export const WEBHOOK_SECRET = 'secret-of-the-reference';

type Row = Record<string, unknown> & { id: string };
type TransactionRow = Row & { created: string; changed?: string };

export async function startReferenceFixture({ clock, pageSize }: PspFixtureOptions): Promise<PspFixture> {
  const bank = new FakeBank(clock, pageSize === 'one' ? 1 : MAX_PAGE_SIZE);
  const createErrorBody = (message: string) => ({ message });
  const fake = await FakePsp.start({
    routes: bank.createRoutes(),
    createErrorBody: (status) => createErrorBody(`error ${status}`),
  });
  const parties = { sourceAccountId: 'acc-1', destinationAccountId: 'payee-1' };
  bank.addPayee();
  return {
    settings: { url: fake.url, since: new Date(clock.now() - 12 * DAY).toISOString() },
    maxPageSize: MAX_PAGE_SIZE,
    timings: { maxLatenessMs: HOUR, maxChangeAgeMs: 2 * DAY },
    addTransaction: (input) => bank.addTransaction(input),
    changeStatus: (id) => bank.changeStatus(id),
    removeTransaction: (id) => bank.removeTransaction(id),
    addMalformedRow: (at) => bank.addMalformedRow(at),
    addAccount: () => bank.addAccount(),
    addBeneficiary: () => bank.addPayee(),
    movements: {
      refund: (input) => bank.addRelated('refund', input),
      fee: (input) => bank.addRelated('fee', input),
      dispute: (input) => bank.addRelated('dispute', input),
      disputeReversal: (input) => bank.addRelated('dispute_won', input),
      payoutReturn: (input) => bank.addRelated('return', input),
      transfer: ({ at, amount, currency }) =>
        bank.addRow({ kind: 'transfer', other: 'acc-2', at, amount, currency }),
      conversion: ({ at, sold, bought }) =>
        bank.addRow({
          ...{ kind: 'conversion', at, ...sold },
          bought: { amount: new JsonNumber(bought.amount), currency: bought.currency },
        }),
      partFee: {
        add: ({ of, amount }) => bank.setSurcharge(of, new JsonNumber(amount)),
        remove: (of) => bank.setSurcharge(of, undefined),
      },
      inAccount: (account, input) => bank.addTransaction(input, account),
    },
    rowMetadata: ['reference', 'booked_at'],
    http: {
      ...{ fake, createErrorBody },
      listingRequest: { method: 'GET', path: '/transactions' },
    },
    orders: {
      payout: parties,
      transfer: { ...parties, destinationAccountId: bank.addAccount() },
      rejectedOrder: { destinationAccountId: 'nobody' },
      getPayments: () => [...bank.payments].map(([key, { paid }]) => ({ key, amount: paid })),
      submitRequest: { method: 'POST', path: '/payments' },
    },
    webhook: {
      rawBody: '{"event":"transaction.created"}',
      secret: WEBHOOK_SECRET,
      streams: ['transactions'],
      sign: (rawBody, secret, at) => ({
        'x-reference-timestamp': String(at),
        'x-reference-signature': createHmac('sha256', secret).update(`${at}.`).update(rawBody).digest('hex'),
      }),
    },
    close: () => fake.close(),
  };
}

class FakeBank {
  readonly payments = new Map<string, { row: Row; paid: Money }>();
  private readonly accounts: Row[] = [{ id: 'acc-1', name: 'Main account', ...BALANCE }];
  private readonly payees: Row[] = [];
  private transactions: TransactionRow[] = [];
  private count = 0;

  constructor(
    private readonly clock: ManualClock,
    private readonly pageSize: number,
  ) {}

  createRoutes() {
    return [
      fakeRoute('GET', '/accounts', ({ query }) => this.createPage(this.accounts, query)),
      fakeRoute('GET', '/payees', ({ query }) => this.createPage(this.payees, query)),
      fakeRoute('GET', '/transactions', ({ query }) =>
        this.createPage(this.filterTransactions(query), query),
      ),
      fakeRoute('GET', '/accounts/{id}/balance', () => ({
        body: {
          at: this.formatWholeSeconds(this.clock.now()),
          amount: BALANCE.balance,
          currency: BALANCE.currency,
        },
      })),
      fakeRoute('POST', '/payments', (request) => this.pay(request)),
      fakeRoute('GET', '/payments/{key}', ({ params }) => {
        const payment = this.payments.get(params.key ?? '');
        return payment ? { body: payment.row } : { status: 404, body: { message: 'no such payment' } };
      }),
    ];
  }

  addTransaction({ at, amount, currency, direction, state }: TransactionInput, account = 'acc-1'): string {
    const words = { direction, state: state === 'open' ? 'pending' : 'completed' };
    return this.addRow({ kind: 'payment', account, other: 'payee-1', at, amount, currency, ...words });
  }

  addRelated(kind: string, { of, at, amount, currency }: RelatedMovementInput): string {
    return this.addRow({ kind, original: of, at, amount, currency });
  }

  addRow({ at, amount, ...members }: { at: number; amount: string } & Record<string, unknown>): string {
    const id = `tx-${++this.count}`;
    this.transactions.push({
      ...{ id, account: 'acc-1', state: 'completed', text: `invoice ${this.count}` },
      ...{ created: this.formatWholeSeconds(at), changed: this.formatWholeSeconds(at) },
      ...{ amount: new JsonNumber(amount), ...members },
    });
    return id;
  }

  changeStatus(id: string): void {
    this.changeTransaction(id, { state: 'completed' });
  }

  setSurcharge(id: string, surcharge: JsonNumber | undefined): void {
    this.changeTransaction(id, { surcharge });
  }

  private changeTransaction(id: string, members: Record<string, unknown>): void {
    const changed = this.formatWholeSeconds(this.clock.now());
    for (const row of this.transactions) if (row.id === id) Object.assign(row, { changed, ...members });
  }

  removeTransaction(id: string): void {
    this.transactions = this.transactions.filter((row) => row.id !== id);
  }

  addMalformedRow(at: number): void {
    this.transactions.push({
      id: `tx-${++this.count}`,
      account: 'acc-1',
      created: this.formatWholeSeconds(at),
      state: null,
      amount: {},
    });
  }

  addAccount(): string {
    this.accounts.push({ id: `acc-${this.accounts.length + 1}`, name: 'Another account', ...BALANCE });
    return `acc-${this.accounts.length}`;
  }

  addPayee(): string {
    this.payees.push({ id: `payee-${this.payees.length + 1}`, name: 'Zoë Müller', tags: ['supplier'] });
    return `payee-${this.payees.length}`;
  }

  private filterTransactions(query: URLSearchParams): Row[] {
    const [from, to] = ['from', 'to'].map((name) => Date.parse(query.get(name) ?? ''));
    return this.transactions
      .filter(({ account }) => account === query.get('account'))
      .filter(({ created }) => Date.parse(created) >= Number(from) && Date.parse(created) < Number(to))
      .sort((a, b) => Date.parse(b.created) - Date.parse(a.created) || (a.id < b.id ? 1 : -1));
  }

  private createPage(rows: readonly Row[], query: URLSearchParams): FakeResponse {
    const start = rows.findIndex(({ id }) => id === query.get('after')) + 1;
    const page = rows.slice(start, start + this.pageSize);
    return { body: { rows: page, ...(start + page.length < rows.length && { next: page.at(-1)?.id }) } };
  }

  private pay({ body }: FakeRequest): FakeResponse {
    const { key, kind, from, to, amount, currency } = body as Record<string, string>;
    const known = [...this.accounts, ...this.payees].some(({ id }) => id === to);
    if (!key || !known) return { status: 422, body: { message: `there is no payee ${to}` } };
    const made = this.payments.get(key);
    if (made) return { status: 422, body: { code: DUPLICATE_KEY_CODE, message: 'the key was used before' } };
    const paid = parseMoney(String(amount), String(currency));
    const listed = { id: `pay-${++this.count}`, state: 'completed' };
    const row = { ...listed, key, amount: new JsonNumber(String(amount)), currency };
    this.payments.set(key, { row, paid });
    this.transactions.push({
      ...{
        ...listed,
        text: `order ${key}`,
        account: from,
        other: to,
        created: this.formatWholeSeconds(this.clock.now()),
        currency,
      },
      ...{
        amount: new JsonNumber(String(amount)),
        direction: 'out',
        kind: kind === 'TRANSFER' ? 'transfer' : 'payment',
      },
    });
    return { status: 201, body: row };
  }

  /** Formats a time, truncated to whole seconds. */
  private formatWholeSeconds(at: number): string {
    return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
  }
}
