/** Adapts the fake to the test suite that every plugin inherits. */
import { createHmac } from 'node:crypto';
import { currencyDigits, money } from '@tributary/connector-api';
import { OpenApiDocument } from '@tributary/connector-api/testing';
import type { PspWorld, TransactionWish, WorldOptions } from '@tributary/connector-api/testing';
import { fakeIban } from './mollie.drafts.fake.js';
import { FakeMollie, MOLLIE_DOCUMENT } from './mollie.fake.js';
import type { FakeBalance } from './mollie.fake.js';
import type { FakeBusinessAccount, FakeBusinessRow } from './mollie.journal.fake.js';

export const WORLD_SECRET = 'whsec_ofTheInheritedSuite';
const LARGEST_PAGE = 250;
const DAY = 86_400_000;

/** The document is read once for all tests. */
const document = await OpenApiDocument.official(MOLLIE_DOCUMENT);

/** Starts a fake whose orders are payouts of a balance. */
export async function startMollieWorld(options: WorldOptions): Promise<PspWorld> {
  const fake = await start(options);
  fake.initiatesAtOnce = true;
  const world = new MollieWorld(fake);
  return {
    ...worldOf(fake, world),
    settings: { url: fake.url, payouts: 'switch-to-manual-settlement', rereadMinutes: 120 },
    addBeneficiary: () => `bank-account-of-${fake.addBalance('GBP').id}`,
    orders: {
      payout: {
        sourceAccountId: world.balance.id,
        destinationAccountId: `bank-account-of-${world.balance.id}`,
      },
      refused: { destinationAccountId: 'somebody-else' },
      paid: () =>
        fake.payouts.map(({ key, amount, currency }) => ({
          key,
          amount: money((amount / 100).toFixed(2), currency),
        })),
      request: { method: 'POST', path: '/v2/payouts' },
    },
  };
}

/** Starts a fake whose orders are transfers from the business account. Every draft is approved immediately. */
export async function startBusinessWorld(options: WorldOptions): Promise<PspWorld> {
  const fake = await start(options);
  fake.drafts.approvesAtOnce = true;
  const world = new MollieWorld(fake);
  const payee = { name: 'Jan Jansen', iban: fakeIban(fake.next()) };
  return {
    ...worldOf(fake, world),
    settings: { url: fake.url, transfers: 'draft', rereadMinutes: 120, beneficiaries: [payee] },
    addBeneficiary: () => world.addPayee(),
    orders: {
      payout: { sourceAccountId: world.business.id, destinationAccountId: payee.iban },
      refused: { destinationAccountId: fakeIban(fake.next()) },
      paid: () =>
        fake.drafts.all.map(({ key, amount }) => ({ key, amount: money((amount / 100).toFixed(2), 'EUR') })),
      request: { method: 'POST', path: '/v2/business-accounts/draft-transfers' },
    },
  };
}

async function start({ clock, pageSize }: WorldOptions): Promise<FakeMollie> {
  const fake = await FakeMollie.start(document);
  fake.now = () => clock.now();
  if (pageSize === 'one') fake.largestPage = 1;
  return fake;
}

function worldOf(fake: FakeMollie, world: MollieWorld): Omit<PspWorld, 'settings' | 'orders'> {
  return {
    largestPage: LARGEST_PAGE,
    manners: { late: 3_600_000, changes: 2 * DAY },
    add: (wish) => world.add(wish),
    change: (id) => world.change(id),
    vanish: (id) => world.vanish(id),
    addBroken: (at) => world.addBroken(at),
    addAccount: () => fake.addBalance('USD').id,
    http: {
      fake: fake.engine,
      listing: { method: 'GET', path: '/v2/balances/{id}/transactions' },
      error: (words) => ({ status: 400, title: 'No', detail: words, _links: {} }),
    },
    webhook: {
      rawBody: '{"resource":"event","id":"event_1","type":"payment.paid","entityId":"tr_1"}',
      sign: (rawBody, secret) => ({
        'x-mollie-signature': `sha256=${createHmac('sha256', secret).update(rawBody).digest('hex')}`,
      }),
      secret: WORLD_SECRET,
      streams: ['transactions'],
    },
    close: () => fake.close(),
  };
}

class MollieWorld {
  readonly balance: FakeBalance;
  readonly business: FakeBusinessAccount;
  private readonly open = new Map<string, FakeBusinessRow>();

  constructor(private readonly fake: FakeMollie) {
    this.balance = fake.addBalance('EUR');
    this.business = fake.addBusinessAccount();
  }

  /** Adds a transaction. Changeable transactions go to the business account, because the journal of a balance only grows. */
  add(wish: TransactionWish): string {
    return wish.state === 'open' ? this.addBusiness(wish) : this.addToBalance(wish);
  }

  change(id: string): void {
    const row = this.open.get(id);
    if (row !== undefined) row.processed = true;
  }

  vanish(id: string): void {
    this.balance.journal.remove(this.names.get(id) ?? id);
    this.business.journal.remove(id);
  }

  addBroken(at: number): void {
    const odd = { initialAmount: { currency: 'EUR', value: 'a lot' } };
    this.insert({ id: `baltr_broken${this.fake.next()}`, type: 'topup', amount: 1, createdAt: at, odd });
  }

  private readonly names = new Map<string, string>();

  private addToBalance({ at, amount, currency, direction }: TransactionWish): string {
    const number = this.fake.next();
    const value = { currency, value: direction === 'in' ? amount : `-${amount}` };
    const context = direction === 'in' ? { payment: { paymentId: `tr_${number}` } } : null;
    this.insert({
      id: `baltr_${number}`,
      type: direction === 'in' ? 'payment' : 'balance-correction',
      amount: 0,
      createdAt: at,
      odd: { initialAmount: value, resultAmount: value, context },
    });
    const id =
      direction === 'in' && currencyDigits(currency) !== undefined ? `tr_${number}` : `baltr_${number}`;
    this.names.set(id, `baltr_${number}`);
    return id;
  }

  private addBusiness({ at, amount, direction }: TransactionWish): string {
    const cents = Number(money(amount, 'EUR').amount);
    const row: FakeBusinessRow = {
      id: `batr_${this.fake.next()}`,
      type: 'bank-transfer',
      amount: direction === 'in' ? cents : -cents,
      createdAt: at,
      processed: false,
    };
    this.insertBusiness(row);
    this.open.set(row.id, row);
    return row.id;
  }

  /**
   * Adds a payment of the business account to a new payee.
   * @returns the payee's IBAN
   */
  addPayee(): string {
    const number = this.fake.next();
    const identifier = fakeIban(number);
    const counterparty = { identifier, name: `Payee ${number}` };
    const [createdAt, processed] = [this.fake.now(), true];
    this.insertBusiness({
      ...{ id: `batr_${number}`, type: 'bank-transfer', amount: -number, createdAt, processed, counterparty },
    });
    return identifier;
  }

  private insertBusiness(row: FakeBusinessRow): void {
    const { rows } = this.business.journal;
    this.business.journal.insert(row, rows.filter(({ createdAt }) => createdAt > row.createdAt).length);
  }

  /** Inserts a row by its time, as the API lists rows. */
  private insert(row: FakeBalance['journal']['rows'][number]): void {
    const { rows } = this.balance.journal;
    this.balance.journal.insert(row, rows.filter(({ createdAt }) => createdAt > row.createdAt).length);
  }
}
