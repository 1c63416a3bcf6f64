/** Adapts the fake to the test suite that every plugin inherits. */
import { getCurrencyDecimals, parseAmount } from '@tributary/connector-api';
import { JsonNumber } from '@tributary/connector-api/http';
import type {
  PspFixture,
  PspFixtureOptions,
  RelatedMovementInput,
  TransactionInput,
} from '@tributary/connector-api/testing';
import { createHmac } from 'node:crypto';
import { createErrorBody, FAKE_SETTINGS, GocardlessFake } from '../gocardless.fake.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MAX_PAGE_SIZE = 200;
/** A payout before the first row of every test, in which all payments were paid out. */
const FIRST_PAYOUT = 'PO000000';

export async function startGocardlessFixture({ clock, pageSize }: PspFixtureOptions): Promise<PspFixture> {
  const fake = await GocardlessFake.start(clock);
  fake.maxPageSize = pageSize === 'one' ? 1 : MAX_PAGE_SIZE;
  const world = new FixtureData(fake);
  const payer = world.addPaymentAccount();
  const payee = world.addBankAccount();
  return {
    settings: { ...fake.settings, since: '2025-06-01', pageSize: MAX_PAGE_SIZE },
    maxPageSize: MAX_PAGE_SIZE,
    timings: { maxLatenessMs: HOUR_MS, maxChangeAgeMs: 120 * DAY_MS },
    addTransaction: (input) => world.add(input),
    changeStatus: (id) =>
      id.startsWith('PM')
        ? fake.change('payments', id, 'confirmed', { status: 'confirmed' })
        : fake.change('payouts', id, 'paid', { status: 'paid' }),
    removeTransaction: (id) => fake.tables[id.startsWith('PM') ? 'payments' : 'payouts'].remove(id),
    addMalformedRow: (at) =>
      world.addPayment(
        { at, amount: '1.00', currency: 'EUR', state: 'final' },
        { status: 'an unknown word' },
      ),
    addAccount: () => world.addCreditor(),
    addBeneficiary: () => world.addBankAccount(),
    movements: {
      refund: (input) => world.addRefund(input),
      fee: (input) => world.addItem('gocardless_fee', input, -1n),
      dispute: (input) => world.addItem('payment_charged_back', input, -1n),
      disputeReversal: (input) => world.addItem('payment_paid_out', input, 1n),
      payoutReturn: ({ of }) => fake.change('payouts', of, 'bounced', { status: 'bounced' }),
      inAccount: (creditor, input) => world.addPayment(input, {}, creditor),
    },
    rowMetadata: ['settlement'],
    http: {
      fake: fake.server,
      listingRequest: { method: 'GET', path: '/payments' },
      createErrorBody: (message) => createErrorBody(400, message),
    },
    orders: {
      payout: { sourceAccountId: payer, destinationAccountId: payee },
      currency: 'GBP',
      rejectedOrder: { destinationAccountId: 'BA999999' },
      getPayments: () =>
        [...fake.orders].map(([key, { amount }]) => ({
          key,
          amount: { amount: BigInt(String(amount)), asset: 'GBP/2' },
        })),
      submitRequest: { method: 'POST', path: '/outbound_payments' },
    },
    webhook: {
      rawBody: JSON.stringify({
        events: [{ id: 'EV1', resource_type: 'payments', action: 'confirmed', links: { payment: 'PM1' } }],
        meta: { webhook_id: 'WB1' },
      }),
      secret: FAKE_SETTINGS.webhookSecrets[0] ?? '',
      sign: signWebhook,
      streams: ['transactions'],
    },
    close: () => fake.server.close(),
  };
}

export function signWebhook(rawBody: Buffer, secret: string): Record<string, string> {
  return { 'webhook-signature': createHmac('sha256', secret).update(rawBody).digest('hex') };
}

type Amount = Pick<TransactionInput, 'at' | 'amount' | 'currency'>;

/** The objects of one test. */
class FixtureData {
  private readonly creditor: string;

  constructor(private readonly fake: GocardlessFake) {
    this.creditor = this.addCreditor();
    const links = { creditor: this.creditor, customer: 'CU000001', customer_bank_account: 'BA000001' };
    this.fake.tables.mandates.add({ id: 'MD000001', created_at: '2025-01-01T00:00:00.000Z', links });
  }

  addCreditor(): string {
    const id = this.fake.createId('CR');
    const links = { creditor: id };
    this.fake.tables.creditors.add({
      id,
      created_at: formatAt(this.fake.clock.now()),
      name: `Creditor ${id}`,
    });
    for (const [balance_type, amount] of [
      ['confirmed_funds', 1200],
      ['pending_payouts', 34],
      ['pending_payments_submitted', 5],
    ] as const) {
      const last_updated_at = formatAt(this.fake.clock.now());
      this.fake.tables.balances.add({ amount, balance_type, currency: 'EUR', last_updated_at, links });
    }
    return id;
  }

  addPaymentAccount(): string {
    const [id, links] = [this.fake.createId('BA'), { creditor: this.creditor }];
    const names = { account_holder_name: 'ACME LTD', account_number_ending: '01', bank_name: 'BANK' };
    this.fake.tables.payment_accounts.add({ id, account_balance: 5000, currency: 'GBP', ...names, links });
    return id;
  }

  addBankAccount(): string {
    const [id, links] = [this.fake.createId('BA'), { customer: this.fake.createId('CU') }];
    const created_at = formatAt(this.fake.clock.now());
    const names = { account_holder_name: 'JO DOE', account_number_ending: '11', country_code: 'GB' };
    this.fake.tables.customer_bank_accounts.add({
      id,
      created_at,
      currency: 'GBP',
      enabled: true,
      ...names,
      links,
    });
    return id;
  }

  add(input: TransactionInput): string {
    return input.direction === 'in' ? this.addPayment(input) : this.addPayout(input);
  }

  addPayment(
    input: Amount & Pick<TransactionInput, 'state'>,
    more: object = {},
    creditor = this.creditor,
  ): string {
    const isFinal = input.state === 'final';
    return this.fake.add('payments', {
      ...this.createObject('PM', input),
      status: isFinal ? 'paid_out' : 'submitted',
      charge_date: formatAt(input.at).slice(0, 10),
      reference: `REF-${input.at}`,
      scheme: 'sepa_core',
      links: { creditor, mandate: 'MD000001', ...(isFinal && { payout: FIRST_PAYOUT }) },
      ...more,
    }).id;
  }

  /** Adds a payout of a payment that GoCardless does not list any more. */
  private addPayout(input: TransactionInput): string {
    const payout = this.createPayout(input, toUnits(input), input.state === 'final' ? 'paid' : 'pending');
    this.addItemTo(payout.id, 'payment_paid_out', toUnits(input), 'PM_OLD');
    return payout.id;
  }

  addRefund(input: RelatedMovementInput): string {
    const links = { payment: input.of, mandate: 'MD000001' };
    return this.fake.add('refunds', {
      ...this.createObject('RF', input),
      status: 'paid',
      reference: 'R',
      links,
    }).id;
  }

  /** Adds an item to a payout of nothing: another payment makes up for it. */
  addItem(type: string, input: RelatedMovementInput, sign: 1n | -1n): void {
    const units = sign * toUnits(input);
    const { id } = this.createPayout(input, 0n, 'paid');
    this.addItemTo(id, type, units, input.of);
    this.addItemTo(id, 'payment_paid_out', -units, 'PM_OLD');
  }

  private createPayout(input: Amount, units: bigint, status: string) {
    return this.fake.add('payouts', {
      ...this.createObject('PO', input),
      ...{ amount: toJson(units), status, payout_type: 'merchant', reference: 'ACME-1', deducted_fees: 0 },
      links: { creditor: this.creditor, creditor_bank_account: 'BA777777' },
    });
  }

  private addItemTo(payout: string, type: string, units: bigint, payment: string): void {
    this.fake.tables.payout_items.add({ type, amount: `${units}.0`, taxes: [], links: { payout, payment } });
  }

  private createObject(prefix: string, { at, currency, ...input }: Amount) {
    const id = this.fake.createId(prefix);
    return {
      id,
      created_at: formatAt(at),
      amount: toJson(toUnits({ currency, ...input })),
      currency,
      metadata: {},
    };
  }
}

function toUnits({ amount, currency }: Pick<Amount, 'amount' | 'currency'>): bigint {
  return parseAmount(amount, `X/${getCurrencyDecimals(currency) ?? 2}`);
}

function toJson(units: bigint): JsonNumber {
  return new JsonNumber(units.toString());
}

function formatAt(at: number): string {
  return new Date(at).toISOString();
}
