/** Adapts the fake to the common test suite of all plugins. */
import { createHmac } from 'node:crypto';
import { getCurrencyDecimals, parseMoney } from '@tributary/connector-api';
import { PspDocumentValidator } from '@tributary/connector-api/testing';
import type {
  PspFixture,
  PspFixtureOptions,
  RelatedMovementInput,
  TransactionInput,
} from '@tributary/connector-api/testing';
import { createFakeIban } from './fake-drafts.js';
import { FakeMollie, MOLLIE_DOCUMENT_PATH } from '../mollie.fake.js';
import type { FakeBalance } from '../mollie.fake.js';
import type { FakeBusinessAccount, FakeBusinessTransaction } from './fake-row-list.js';

export const FAKE_WEBHOOK_SECRET = 'whsec_ofTheInheritedSuite';
const MAX_PAGE_SIZE = 250;
const DAY_MS = 86_400_000;
/** The other ids in the context of a row, by the type of the row. */
const RELATED_IDS: Readonly<Record<string, (number: number) => Readonly<Record<string, string>>>> = {
  refund: (number) => ({ refundId: `re_${number}` }),
  chargeback: (number) => ({ chargebackId: `chb_${number}` }),
  'chargeback-reversal': (number) => ({ chargebackId: `chb_${number}` }),
};

/** The official document. It is read once for all tests. */
const document = await PspDocumentValidator.loadOfficial(MOLLIE_DOCUMENT_PATH);

/** Starts a fake whose orders are payouts from a balance. */
export async function startBalancePayoutsFixture(options: PspFixtureOptions): Promise<PspFixture> {
  const fake = await startFake(options);
  fake.initiatesImmediately = true;
  const world = new MollieFixtureData(fake);
  return {
    ...createFixtureBase(fake, world),
    settings: { url: fake.url, payouts: 'switch-to-manual-settlement', rereadMinutes: 120 },
    addBeneficiary: () => `bank-account-of-${fake.addBalance('GBP').id}`,
    orders: {
      payout: {
        sourceAccountId: world.balance.id,
        destinationAccountId: `bank-account-of-${world.balance.id}`,
      },
      rejectedOrder: { destinationAccountId: 'somebody-else' },
      getPayments: () =>
        fake.payouts.map(({ key, amount, currency }) => ({
          key,
          amount: parseMoney((amount / 100).toFixed(2), currency),
        })),
      submitRequest: { method: 'POST', path: '/v2/payouts' },
    },
  };
}

/** Starts a fake whose orders are transfers from the business account. Every draft is approved immediately. */
export async function startDraftTransfersFixture(options: PspFixtureOptions): Promise<PspFixture> {
  const fake = await startFake(options);
  fake.drafts.approvesImmediately = true;
  const world = new MollieFixtureData(fake);
  const payee = { name: 'Jan Jansen', iban: createFakeIban(fake.nextNumber()) };
  return {
    ...createFixtureBase(fake, world),
    settings: { url: fake.url, transfers: 'draft', rereadMinutes: 120, beneficiaries: [payee] },
    addBeneficiary: () => world.addPayee(),
    orders: {
      payout: { sourceAccountId: world.business.id, destinationAccountId: payee.iban },
      rejectedOrder: { destinationAccountId: createFakeIban(fake.nextNumber()) },
      getPayments: () =>
        fake.drafts.all.map(({ key, amount }) => ({
          key,
          amount: parseMoney((amount / 100).toFixed(2), 'EUR'),
        })),
      submitRequest: { method: 'POST', path: '/v2/business-accounts/draft-transfers' },
    },
  };
}

async function startFake({ clock, pageSize }: PspFixtureOptions): Promise<FakeMollie> {
  const fake = await FakeMollie.start(document);
  fake.now = () => clock.now();
  if (pageSize === 'one') fake.maxPageSize = 1;
  return fake;
}

function createFixtureBase(
  fake: FakeMollie,
  world: MollieFixtureData,
): Omit<PspFixture, 'settings' | 'orders'> {
  return {
    maxPageSize: MAX_PAGE_SIZE,
    timings: { maxLatenessMs: 3_600_000, maxChangeAgeMs: 2 * DAY_MS },
    addTransaction: (wish) => world.add(wish),
    changeStatus: (id) => world.change(id),
    removeTransaction: (id) => world.vanish(id),
    addMalformedRow: (at) => world.addBroken(at),
    addAccount: () => fake.addBalance('USD').id,
    movements: {
      refund: (input) => world.addRelated('refund', input, -1n),
      fee: (input) => world.addRelated('payment-fee', input, -1n),
      dispute: (input) => world.addRelated('chargeback', input, -1n),
      disputeReversal: (input) => world.addRelated('chargeback-reversal', input, 1n),
      payoutReturn: (input) => world.addRelated('returned-transfer', input, 1n),
      inAccount: (id, input) => world.addToBalance(id, input),
    },
    http: {
      fake: fake.server,
      listingRequest: { method: 'GET', path: '/v2/balances/{id}/transactions' },
      createErrorBody: (words) => ({ status: 400, title: 'No', detail: words, _links: {} }),
    },
    webhook: {
      rawBody: '{"resource":"event","id":"event_1","type":"payment.paid","entityId":"tr_1"}',
      sign: (rawBody, secret) => ({
        'x-mollie-signature': `sha256=${createHmac('sha256', secret).update(rawBody).digest('hex')}`,
      }),
      secret: FAKE_WEBHOOK_SECRET,
      streams: ['transactions'],
    },
    close: () => fake.close(),
  };
}

class MollieFixtureData {
  readonly balance: FakeBalance;
  readonly business: FakeBusinessAccount;
  private readonly pendingById = new Map<string, FakeBusinessTransaction>();

  constructor(private readonly fake: FakeMollie) {
    this.balance = fake.addBalance('EUR');
    this.business = fake.addBusinessAccount();
  }

  /**
   * Adds a transaction. A transaction whose status can change is added to the business account, because rows in the journal of a balance
   * never change.
   */
  add(wish: TransactionInput): string {
    return wish.state === 'open' ? this.addBusinessTransaction(wish) : this.addBalanceTransaction(wish);
  }

  change(id: string): void {
    const row = this.pendingById.get(id);
    if (row !== undefined) row.processed = true;
  }

  vanish(id: string): void {
    this.balance.journal.remove(this.rowIdByServedId.get(id) ?? id);
    this.business.journal.remove(id);
  }

  addBroken(at: number): void {
    const odd = { initialAmount: { currency: 'EUR', value: 'a lot' } };
    this.insertBalanceRow({
      id: `baltr_broken${this.fake.nextNumber()}`,
      type: 'topup',
      amount: 1,
      createdAt: at,
      odd,
    });
  }

  private readonly rowIdByServedId = new Map<string, string>();

  /** Adds a row that belongs to the payment or transfer with this id. */
  addRelated(type: string, { of, at, amount }: RelatedMovementInput, sign: 1n | -1n): void {
    const number = this.fake.nextNumber();
    const context: Readonly<Record<string, string>> = of.startsWith('trf_')
      ? { transferId: of, settlementId: `stl_${number}` }
      : { paymentId: of, ...RELATED_IDS[type]?.(number) };
    const cents = Number(sign * parseMoney(amount, 'EUR').amount);
    this.insertBalanceRow({ id: `baltr_${number}`, type, amount: cents, createdAt: at, context });
  }

  /** Adds a payment to the balance with this id. */
  addToBalance(balanceId: string, { at, amount, currency }: TransactionInput): void {
    const balance = this.fake.balances.find(({ id }) => id === balanceId);
    const number = this.fake.nextNumber();
    const cents = Number(parseMoney(amount, currency).amount);
    const context = { paymentId: `tr_${number}` };
    balance?.journal.insertBelow(
      { id: `baltr_${number}`, type: 'payment', amount: cents, createdAt: at, context },
      0,
    );
  }

  private addBalanceTransaction({ at, amount, currency, direction }: TransactionInput): string {
    const number = this.fake.nextNumber();
    const value = { currency, value: direction === 'in' ? amount : `-${amount}` };
    const [type, servedId, context] =
      direction === 'in'
        ? (['payment', `tr_${number}`, { paymentId: `tr_${number}` }] as const)
        : ([
            'outgoing-transfer',
            `trf_${number}`,
            { transferId: `trf_${number}`, settlementId: `stl_${number}` },
          ] as const);
    this.insertBalanceRow({
      ...{ id: `baltr_${number}`, type, amount: 0, createdAt: at },
      odd: { initialAmount: value, resultAmount: value, context: { [type]: context } },
    });
    const id = getCurrencyDecimals(currency) !== undefined ? servedId : `baltr_${number}`;
    this.rowIdByServedId.set(id, `baltr_${number}`);
    return id;
  }

  private addBusinessTransaction({ at, amount, direction }: TransactionInput): string {
    const cents = Number(parseMoney(amount, 'EUR').amount);
    const row: FakeBusinessTransaction = {
      id: `batr_${this.fake.nextNumber()}`,
      type: 'bank-transfer',
      amount: direction === 'in' ? cents : -cents,
      createdAt: at,
      processed: false,
    };
    this.insertBusinessRow(row);
    this.pendingById.set(row.id, row);
    return row.id;
  }

  /**
   * Adds a payment of the business account to a new payee.
   * @returns the payee's IBAN
   */
  addPayee(): string {
    const number = this.fake.nextNumber();
    const identifier = createFakeIban(number);
    const counterparty = { identifier, name: `Payee ${number}` };
    const [createdAt, processed] = [this.fake.now(), true];
    this.insertBusinessRow({
      ...{ id: `batr_${number}`, type: 'bank-transfer', amount: -number, createdAt, processed, counterparty },
    });
    return identifier;
  }

  private insertBusinessRow(row: FakeBusinessTransaction): void {
    const { rows } = this.business.journal;
    this.business.journal.insertBelow(row, rows.filter(({ createdAt }) => createdAt > row.createdAt).length);
  }

  /** Inserts a row at the position that corresponds to its time, as the API lists rows. */
  private insertBalanceRow(row: FakeBalance['journal']['rows'][number]): void {
    const { rows } = this.balance.journal;
    this.balance.journal.insertBelow(row, rows.filter(({ createdAt }) => createdAt > row.createdAt).length);
  }
}
