/** Fills the fake with a history: payments with every outcome, daily payouts with their items, and a payment account. */
import { createSeededRandom } from '@tributary/connector-api/testing';
import type { GocardlessFake } from '../gocardless.fake.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** The time of day at which the payouts of a day are created. */
const PAYOUT_TIME_MS = 6 * HOUR_MS;

export interface HistoryOptions {
  payments: number;
  days: number;
  /** Milliseconds since 1970. */
  end: number;
}

/** An item of the payout of a day that is to come. */
interface DueItem {
  type: string;
  /** In tenths of a minor unit. */
  tenths: number;
  links: Record<string, string>;
  onSettled: (payoutId: string) => void;
}

/** A creditor, the currency in which it collects, and that in which its bank account is. */
interface SimulatedCreditor {
  id: string;
  currency: string;
  payoutCurrency: string;
}

const CREDITORS: readonly SimulatedCreditor[] = [
  { id: 'CR000001', currency: 'GBP', payoutCurrency: 'GBP' },
  { id: 'CR000002', currency: 'EUR', payoutCurrency: 'EUR' },
  { id: 'CR000003', currency: 'SEK', payoutCurrency: 'GBP' },
];
export const PAYMENT_ACCOUNT = 'BA900001';

export class SimulatedHistory {
  /** What GoCardless holds, in minor units, by `account asset`. Fees of payments that are in no payout are not deducted. */
  readonly held = new Map<string, bigint>();
  /** Payments that were paid out and never taken back. */
  readonly paidOut: string[] = [];
  private readonly due = new Map<string, DueItem[]>();
  private readonly random = createSeededRandom(11);
  /** The last day whose payouts are created before the end. */
  private readonly lastDay: number;

  constructor(
    private readonly fake: GocardlessFake,
    private readonly options: HistoryOptions,
  ) {
    this.lastDay = Math.floor((options.end - PAYOUT_TIME_MS) / DAY_MS);
    this.addCreditors();
    const start = options.end - options.days * DAY_MS;
    for (let number = 0; number < options.payments; number += 1)
      this.addPayment(Math.floor(start + (number / options.payments) * (options.days * DAY_MS - HOUR_MS)));
    for (let day = Math.floor(start / DAY_MS); day <= this.lastDay; day += 1)
      for (const creditor of CREDITORS) this.payOut(creditor, day);
    this.addBalances();
    this.addPaymentAccount();
  }

  private addBalances(): void {
    for (const [key, amount] of this.held) {
      const [creditor = '', currency] = key.split(/[ /]/);
      const last_updated_at = formatAt(this.options.end);
      const balance = { amount: Number(amount), balance_type: 'confirmed_funds', currency, last_updated_at };
      this.fake.tables.balances.add({ ...balance, links: { creditor } });
    }
  }

  private addCreditors(): void {
    for (const { id, currency, payoutCurrency } of CREDITORS) {
      const created_at = formatAt(this.options.end - this.options.days * DAY_MS);
      const fx = payoutCurrency === currency ? {} : { fx_payout_currency: payoutCurrency };
      this.fake.tables.creditors.add({ id, created_at, name: `Acme ${currency}`, country_code: 'GB', ...fx });
    }
  }

  private hold(account: string, currency: string, amount: bigint): void {
    const key = `${account} ${currency}/2`;
    this.held.set(key, (this.held.get(key) ?? 0n) + amount);
  }

  private addPayment(at: number): void {
    const draw = this.random();
    const creditor = CREDITORS[Math.floor(this.random() * CREDITORS.length)] ?? CREDITORS[0]!;
    const amount = 500 + Math.floor(this.random() * 50_000);
    const mandate = this.addMandate(at % 997, at, creditor.id);
    const links: Record<string, string> = { creditor: creditor.id, mandate };
    const payment = this.fake.tables.payments.add({
      ...{ id: this.fake.createId('PM'), created_at: formatAt(at), amount, amount_refunded: 0 },
      ...{ currency: creditor.currency, charge_date: formatAt(at + 2 * DAY_MS).slice(0, 10), metadata: {} },
      ...{ reference: `INV-${at % 100_000}`, scheme: 'bacs', status: 'submitted' },
      links,
    });
    const confirmedAt = at + 3 * DAY_MS;
    if (draw < 0.03) payment.status = 'cancelled';
    else if (draw < 0.06) payment.status = 'failed';
    else if (draw < 0.07) payment.status = 'customer_approval_denied';
    else if (confirmedAt <= this.options.end) {
      payment.status = 'confirmed';
      this.hold(creditor.id, creditor.currency, BigInt(amount));
      this.schedulePayout(creditor, payment, Math.floor(confirmedAt / DAY_MS) + 1);
    }
  }

  /** Adds a mandate with its bank account before its first payment. */
  private addMandate(number: number, at: number, creditor: string): string {
    const [id, account] = [`MD${String(number).padStart(6, '0')}`, `BA6${String(number).padStart(5, '0')}`];
    if (this.fake.tables.mandates.find(id) !== undefined) return id;
    const created_at = formatAt(at - HOUR_MS);
    const customer = `CU6${String(number).padStart(5, '0')}`;
    this.fake.tables.customer_bank_accounts.add({
      ...{ id: account, created_at, currency: 'GBP', account_holder_name: `PAYER ${number}` },
      ...{ account_number_ending: '22', country_code: 'GB', enabled: true, links: { customer } },
    });
    const links = { creditor, customer, customer_bank_account: account };
    const details = { reference: `REF-${number}`, scheme: 'bacs', status: 'active', metadata: {} };
    return this.fake.tables.mandates.add({ id, created_at, ...details, links }).id;
  }

  private schedulePayout(
    creditor: SimulatedCreditor,
    payment: { id: string; amount: number; status: string; links: Record<string, string> },
    day: number,
  ): void {
    const { id, amount } = payment;
    const links = { payment: id };
    const fee = amount / 10 + 205.5;
    this.addDue(creditor, day, {
      type: 'gocardless_fee',
      tenths: -Math.floor(fee),
      links,
      onSettled: ignore,
    });
    const draw = this.random();
    this.addDue(creditor, day, {
      ...{ type: 'payment_paid_out', tenths: amount * 10, links },
      onSettled: (payout) => {
        payment.links['payout'] = payout;
        payment.status = 'paid_out';
        this.hold(creditor.id, creditor.currency, -BigInt(amount));
        if (draw >= 0.09) this.paidOut.push(id);
      },
    });
    if (draw < 0.02) this.takeBack(creditor, payment, day + 8, 'payment_charged_back', draw < 0.01);
    else if (draw < 0.03) this.takeBack(creditor, payment, day + 4, 'payment_failed', false);
    else if (draw < 0.09) this.addRefund(creditor, payment, day + 6, draw);
  }

  /** A chargeback, which can be cancelled, or a late failure. The fee is given back, and a surcharge is charged. */
  private takeBack(
    creditor: SimulatedCreditor,
    payment: { id: string; amount: number; status: string },
    day: number,
    type: string,
    isCancelled: boolean,
  ): void {
    const links = { payment: payment.id };
    const status = type === 'payment_failed' ? 'failed' : 'charged_back';
    const onSettled = () => Object.assign(payment, { status });
    this.addDue(creditor, day, { type, tenths: -payment.amount * 10, links, onSettled });
    this.addDue(creditor, day, { type: 'gocardless_fee', tenths: 205, links, onSettled: ignore });
    this.addDue(creditor, day, { type: 'surcharge_fee', tenths: -3000, links, onSettled: ignore });
    if (!isCancelled) return;
    const back = { type: 'payment_paid_out', tenths: payment.amount * 10, links };
    const onRepaid = () => Object.assign(payment, { status: 'paid_out' });
    this.addDue(creditor, day + 5, { ...back, onSettled: onRepaid });
  }

  private addRefund(
    creditor: SimulatedCreditor,
    payment: { id: string; amount: number },
    day: number,
    draw: number,
  ): void {
    const amount = draw < 0.05 ? payment.amount : Math.floor(payment.amount / 3);
    if (day > this.lastDay) return;
    const refund = this.fake.tables.refunds.add({
      ...{ id: this.fake.createId('RF'), created_at: formatAt((day - 2) * DAY_MS), amount },
      ...{ currency: creditor.currency, reference: 'REFUND', metadata: {}, status: 'submitted' },
      links: { payment: payment.id },
    });
    const links = { payment: payment.id, refund: refund.id };
    const onPaid = () => Object.assign(refund, { status: 'paid' });
    this.addDue(creditor, day, { type: 'payment_refunded', tenths: -amount * 10, links, onSettled: onPaid });
    if (draw > 0.035) return;
    const onReturned = () => Object.assign(refund, { status: 'funds_returned' });
    const back = { type: 'refund_funds_returned', tenths: amount * 10, links };
    this.addDue(creditor, day + 6, { ...back, onSettled: onReturned });
  }

  private addDue({ id }: SimulatedCreditor, day: number, item: DueItem): void {
    const key = `${id} ${day}`;
    const items = this.due.get(key) ?? [];
    items.push(item);
    this.due.set(key, items);
  }

  /** Creates the payout of a day. Items whose sum is not positive wait for the next day. */
  private payOut(creditor: SimulatedCreditor, day: number): void {
    const items = this.due.get(`${creditor.id} ${day}`) ?? [];
    const amount = Math.round(items.reduce((sum, { tenths }) => sum + tenths, 0) / 10);
    if (items.length === 0) return;
    if (amount <= 0) {
      for (const item of items) this.addDue(creditor, day + 1, item);
      return;
    }
    const isExchanged = creditor.payoutCurrency !== creditor.currency;
    const status = day > this.lastDay - 1 ? 'pending' : day % 40 === 7 ? 'bounced' : 'paid';
    const fx_amount = status === 'pending' ? null : Math.round(amount * 0.075);
    const id = this.fake.createId('PO');
    const deducted = items
      .filter(({ type }) => type.endsWith('_fee'))
      .reduce((sum, { tenths }) => sum - tenths, 0);
    this.fake.tables.payouts.add({
      ...{ id, amount, currency: creditor.currency, status, payout_type: 'merchant', metadata: {} },
      ...{ created_at: formatAt(day * DAY_MS + PAYOUT_TIME_MS), reference: `ACME-${day}` },
      ...{
        deducted_fees: Math.round(deducted / 10),
        arrival_date: status === 'paid' ? formatAt(day * DAY_MS).slice(0, 10) : null,
      },
      ...(isExchanged && { fx: { fx_currency: creditor.payoutCurrency, fx_amount, exchange_rate: '0.075' } }),
      links: { creditor: creditor.id, creditor_bank_account: 'BA800001' },
    });
    if (status === 'pending') this.hold(creditor.id, creditor.currency, BigInt(amount));
    if (status === 'bounced')
      this.hold(creditor.id, creditor.payoutCurrency, BigInt(isExchanged ? fx_amount! : amount));
    for (const { type, tenths, links, onSettled } of items) {
      this.fake.tables.payout_items.add({
        type,
        amount: formatTenths(tenths),
        taxes: [],
        links: { ...links, payout: id },
      });
      onSettled(id);
    }
  }

  /** A payment account with top-ups, outbound payments and one that came back. */
  private addPaymentAccount(): void {
    const links = { creditor: CREDITORS[0]!.id };
    const names = { account_holder_name: 'ACME LTD', account_number_ending: '01', bank_name: 'BANK' };
    const account = { id: PAYMENT_ACCOUNT, currency: 'GBP', account_balance: 0, ...names, links };
    this.fake.tables.payment_accounts.add(account);
    const journal = this.fake.getJournal(PAYMENT_ACCOUNT);
    const recipients = [1, 2, 3].map((number) => this.addRecipient(number));
    const count = Math.max(5, Math.floor(this.options.payments / 20));
    const book = (day: number, direction: string, amount: number, more: object) => {
      account.account_balance += direction === 'credit' ? amount : -amount;
      journal.add({
        ...{ id: this.fake.createId('PATR'), amount, balance_after_transaction: account.account_balance },
        ...{
          currency: 'GBP',
          direction,
          value_date: formatAt(day * DAY_MS).slice(0, 10),
          reference: 'REF',
          ...more,
        },
      });
    };
    for (let number = 0; number < count; number += 1) {
      const day =
        this.lastDay - this.options.days + 1 + Math.floor((number / count) * (this.options.days - 2));
      const amount = 100 + Math.floor(this.random() * 9000);
      book(day, 'credit', 10_000, { counterparty_name: 'ACME BANK', links: {} });
      const status = ['executed', 'executed', 'executed', 'cancelled', 'failed'][number % 5] ?? 'executed';
      const payment = this.fake.tables.outbound_payments.add({
        ...{
          id: this.fake.createId('OUT'),
          created_at: formatAt(day * DAY_MS + 9 * HOUR_MS),
          amount,
          status,
        },
        ...{
          currency: 'GBP',
          scheme: 'faster_payments',
          reference: 'SALARY',
          is_withdrawal: false,
          metadata: {},
        },
        links: { ...links, recipient_bank_account: recipients[number % 3] ?? '' },
      });
      const linked = { counterparty_name: 'JO DOE', links: { outbound_payment: payment.id } };
      if (status === 'executed' || number % 10 === 4) book(day, 'debit', amount, linked);
      // A payment that failed after it was debited, and one that was executed and came back.
      if ((status === 'failed' && number % 10 === 4) || number % 5 === 2)
        book(day + 1, 'credit', amount, linked);
    }
    this.held.set(`${PAYMENT_ACCOUNT} GBP/2`, BigInt(account.account_balance));
  }

  private addRecipient(number: number): string {
    return this.fake.tables.customer_bank_accounts.add({
      ...{
        id: `BA70000${number}`,
        created_at: formatAt(this.options.end - number * DAY_MS),
        currency: 'GBP',
      },
      ...{
        account_holder_name: `PAYEE ${number}`,
        account_number_ending: '11',
        country_code: 'GB',
        enabled: true,
      },
      links: { customer: `CU70000${number}` },
    }).id;
  }
}

function ignore(): void {}

function formatTenths(tenths: number): string {
  const sign = tenths < 0 ? '-' : '';
  return `${sign}${Math.floor(Math.abs(tenths) / 10)}.${Math.abs(tenths) % 10}`;
}

function formatAt(at: number): string {
  return new Date(at).toISOString();
}
