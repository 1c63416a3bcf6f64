/** The reference PSP as an in-memory fake: its data and its HTTP routes. */
import { createHmac } from 'node:crypto';
import { money } from '../../money.js';
import type { Money } from '../../money.js';
import { JsonNumber } from '../../http/json-number.js';
import { FakePsp } from '../fake-psp.js';
import { route } from '../fake-route.js';
import type { FakeAnswer, FakeRequest } from '../fake-route.js';
import type { SuiteClock } from '../suite/suite-clock.js';
import type { PspWorld, TransactionWish, WorldOptions } from '../suite/suite.types.js';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const LARGEST_PAGE = 20;
export const WEBHOOK_SECRET = 'secret-of-the-reference';

type Row = Record<string, unknown> & { id: string };
type TransactionRow = Row & { created: string };

export async function startReferenceWorld({ clock, pageSize }: WorldOptions): Promise<PspWorld> {
  const bank = new Bank(clock, pageSize === 'one' ? 1 : LARGEST_PAGE);
  const error = (words: string) => ({ message: words });
  const fake = await FakePsp.start({
    routes: bank.routes(),
    errorBody: (status) => error(`error ${status}`),
  });
  const parties = { sourceAccountId: 'acc-1', destinationAccountId: 'payee-1' };
  bank.addPayee();
  return {
    settings: { url: fake.url, since: new Date(clock.now() - 12 * DAY).toISOString() },
    largestPage: LARGEST_PAGE,
    manners: { late: HOUR, changes: 2 * DAY },
    add: (wish) => bank.add(wish),
    change: (id) => bank.change(id),
    vanish: (id) => bank.vanish(id),
    addBroken: (at) => bank.addBroken(at),
    addAccount: () => bank.addAccount(),
    addBeneficiary: () => bank.addPayee(),
    http: { fake, listing: { method: 'GET', path: '/transactions' }, error },
    orders: {
      payout: parties,
      transfer: { ...parties, destinationAccountId: bank.addAccount() },
      refused: { destinationAccountId: 'nobody' },
      paid: () => [...bank.payments].map(([key, { paid }]) => ({ key, amount: paid })),
      request: { method: 'POST', path: '/payments' },
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

class Bank {
  readonly payments = new Map<string, { row: Row; paid: Money }>();
  private readonly accounts: Row[] = [{ id: 'acc-1', name: 'Main account' }];
  private readonly payees: Row[] = [];
  private transactions: TransactionRow[] = [];
  private count = 0;

  constructor(
    private readonly clock: SuiteClock,
    private readonly pageSize: number,
  ) {}

  routes() {
    return [
      route('GET', '/accounts', ({ query }) => this.listed(this.accounts, query)),
      route('GET', '/payees', ({ query }) => this.listed(this.payees, query)),
      route('GET', '/transactions', ({ query }) => this.listed(this.between(query), query)),
      route('GET', '/accounts/{id}/balance', () => ({
        body: { at: this.timeOf(this.clock.now()), amount: new JsonNumber('187.50'), currency: 'EUR' },
      })),
      route('POST', '/payments', (request) => this.pay(request)),
      route('GET', '/payments/{key}', ({ params }) => {
        const payment = this.payments.get(params.key ?? '');
        return payment ? { body: payment.row } : { status: 404, body: { message: 'no such payment' } };
      }),
    ];
  }

  add({ at, amount, currency, direction, state }: TransactionWish): string {
    const row = {
      ...{ id: `tx-${++this.count}`, account: 'acc-1', other: 'payee-1', created: this.timeOf(at) },
      ...{ amount: new JsonNumber(amount), currency, direction },
      state: state === 'open' ? 'pending' : 'completed',
    };
    this.transactions.push(row);
    return row.id;
  }

  change(id: string): void {
    for (const row of this.transactions) if (row.id === id) row.state = 'completed';
  }

  vanish(id: string): void {
    this.transactions = this.transactions.filter((row) => row.id !== id);
  }

  addBroken(at: number): void {
    this.transactions.push({ id: `tx-${++this.count}`, created: this.timeOf(at), state: null, amount: {} });
  }

  addAccount(): string {
    this.accounts.push({ id: `acc-${this.accounts.length + 1}`, name: 'Another account' });
    return `acc-${this.accounts.length}`;
  }

  addPayee(): string {
    this.payees.push({ id: `payee-${this.payees.length + 1}`, name: 'Zoë Müller' });
    return `payee-${this.payees.length}`;
  }

  private between(query: URLSearchParams): Row[] {
    const [from, to] = ['from', 'to'].map((name) => Date.parse(query.get(name) ?? ''));
    return this.transactions
      .filter(({ created }) => Date.parse(created) >= Number(from) && Date.parse(created) < Number(to))
      .sort((a, b) => Date.parse(b.created) - Date.parse(a.created) || (a.id < b.id ? 1 : -1));
  }

  private listed(rows: readonly Row[], query: URLSearchParams): FakeAnswer {
    const start = rows.findIndex(({ id }) => id === query.get('after')) + 1;
    const page = rows.slice(start, start + this.pageSize);
    return { body: { rows: page, ...(start + page.length < rows.length && { next: page.at(-1)?.id }) } };
  }

  private pay({ body }: FakeRequest): FakeAnswer {
    const { key, kind, from, to, amount, currency } = body as Record<string, string>;
    const known = [...this.accounts, ...this.payees].some(({ id }) => id === to);
    if (!key || !known) return { status: 422, body: { message: `there is no payee ${to}` } };
    const made = this.payments.get(key);
    if (made) return { body: made.row };
    const paid = money(String(amount), String(currency));
    const row = { id: `pay-${++this.count}`, key, state: 'completed' };
    this.payments.set(key, { row, paid });
    this.transactions.push({
      ...{ ...row, account: from, other: to, created: this.timeOf(this.clock.now()), currency },
      ...{ amount: new JsonNumber(String(amount)), direction: kind === 'TRANSFER' ? 'own' : 'out' },
    });
    return { status: 201, body: row };
  }

  /** Formats a time in whole seconds. */
  private timeOf(at: number): string {
    return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
  }
}
