/**
 * Simulates a year of a company with 12 accounts at 4 PSPs in 3 currencies: the rows of the PSPs, and the bookings that a correct ledger
 * contains for these rows. `seed-faults.ts` then adds mistakes to the bookings.
 */
import type { Transaction } from '@tributary/connector-api';
import type { MatchingRule, Policy } from '@tributary/reconciliation';
import { createSeededRandom } from './seeded-random.js';

export const YEAR_START = Date.UTC(2026, 0, 1);
export const YEAR_END = Date.UTC(2027, 0, 1);
const CONNECTORS = ['cards', 'wallet', 'bank', 'exchange'];
const ASSETS = ['JPY', 'EUR/2', 'KWD/3'];

/** A row of a PSP. The versions of a record follow each other. */
export interface PspRow {
  connector: string;
  at: number;
  row: Transaction;
}

/** A booking that is not yet in the ledger. */
export interface Booking {
  postings: { source: string; destination: string; asset: string; amount: bigint }[];
  reference?: string;
  metadata?: Record<string, string>;
  at: number;
  /** The booking that this booking reverts. */
  reverts?: Booking;
}

/** A payment of a customer that has a booking of its own. Mistakes are added only to such payments. */
export interface Payment {
  account: SimulatedAccount;
  id: string;
  amount: bigint;
  at: number;
  booking: Booking;
  /** The PSP's fee for the payment, if the fee is a row of its own. */
  fee?: { id: string; amount: bigint; booking: Booking };
}

export interface SimulatedAccount {
  connector: string;
  id: string;
  asset: string;
  address: string;
}

export interface SimulatedYear {
  accounts: SimulatedAccount[];
  rows: PspRow[];
  bookings: Booking[];
  payments: Payment[];
}

const RULES: readonly MatchingRule[] = [
  { kind: 'exact', psp: 'id', ledger: 'reference' },
  { kind: 'exact', psp: 'id', ledger: 'metadata.payment' },
  { kind: 'group', psp: 'metadata.batch', ledger: 'metadata.batch' },
  { kind: 'settlement', psp: 'metadata.settlement', ledger: 'metadata.settlement' },
];

export function createPolicy({ accounts }: SimulatedYear, ledger: string): Policy {
  return {
    ...{ name: 'company', ledger, sign: 'same', rules: RULES },
    accounts: accounts.map(({ connector, id, address }) => ({ connector, account: id, address })),
    grace: { bookingMs: 3 * 86_400_000, settlementMs: 3 * 86_400_000 },
  };
}

/**
 * Simulates a year.
 * @param count approximate number of rows
 */
export function simulateYear(count: number, seed: number): SimulatedYear {
  const accounts = CONNECTORS.flatMap((connector) =>
    ASSETS.map((asset, index) => ({
      connector,
      id: `a${index}`,
      asset,
      address: `psp:${connector}:a${index}`,
    })),
  );
  const year = new YearWriter(accounts, createSeededRandom(seed), count);
  while (year.rows.length < count) year.addEvent();
  const { rows, bookings, payments } = year;
  rows.sort((a, b) => a.at - b.at);
  bookings.sort((a, b) => a.at - b.at);
  return { accounts, rows, bookings, payments };
}

class YearWriter {
  readonly rows: PspRow[] = [];
  readonly bookings: Booking[] = [];
  readonly payments: Payment[] = [];
  private next = 0;

  constructor(
    private readonly accounts: readonly SimulatedAccount[],
    private readonly random: (below: number) => number,
    private readonly count: number,
  ) {}

  addEvent(): void {
    const account = this.accounts[this.random(this.accounts.length)]!;
    // The last month has no events. So at the end of the year, no item is within the grace period, i.e. the time for which an item without
    // a match is not reported yet.
    const span = ((YEAR_END - YEAR_START) * 11) / 12;
    const at = YEAR_START + Math.floor((this.rows.length / this.count) * span) + this.random(60_000);
    switch (this.random(10)) {
      case 0:
        return this.addBatch(account, at);
      case 1:
        return this.addSettlement(account, at);
      case 2:
        return this.addTransfer(account, at);
      case 3:
        return this.addConversion(account, at);
      case 4:
        return this.addUnsuccessful(account, at);
      case 5:
        return this.addCorrected(account, at);
      default:
        return this.addPayment(account, at);
    }
  }

  private id(connector: string, kind: string): string {
    return `${connector}-${kind}-${this.next++}`;
  }

  private amount(): bigint {
    return BigInt(100 + this.random(1_000_000)) * (this.random(50) === 0 ? 10n ** 15n : 1n);
  }

  private addRow(
    { connector, asset }: SimulatedAccount,
    at: number,
    amount: bigint,
    row: Omit<Transaction, 'amount' | 'createdAt'> & { createdAt?: string },
  ): void {
    const createdAt = new Date(at).toISOString();
    this.rows.push({
      connector,
      at,
      row: { createdAt, ...row, updatedAt: createdAt, amount: { amount, asset } },
    });
  }

  private book(booking: Booking): Booking {
    this.bookings.push(booking);
    return booking;
  }

  /** Adds a payment. It is often pending first, often has a fee, and is sometimes refunded. It is booked up to two days later. */
  private addPayment(account: SimulatedAccount, at: number): void {
    const { connector, id: own, asset, address } = account;
    const [id, amount] = [this.id(connector, 'pay'), this.amount()];
    const common = { id, type: 'PAYIN' as const, sourceAccountId: 'customer', destinationAccountId: own };
    const createdAt = new Date(at).toISOString();
    if (this.random(3) === 0) this.addRow(account, at, amount, { ...common, status: 'PENDING' });
    this.addRow(account, at + 3_600_000, amount, { ...common, createdAt, status: 'SUCCEEDED' });
    const bookedAt = at + 3_600_000 + this.random(2 * 86_400_000);
    const posting = { source: 'customers', destination: address, asset, amount };
    const payment: Payment = {
      ...{ account, id, amount, at: at + 3_600_000 },
      booking: this.book({ postings: [posting], reference: id, at: bookedAt }),
    };
    this.payments.push(payment);
    if (this.random(2) === 0) payment.fee = this.addFee(account, id, at + 3_600_000, bookedAt);
    if (this.random(10) === 0) this.addRefund(account, id, amount, at + 10 * 86_400_000);
  }

  private addFee(account: SimulatedAccount, related: string, at: number, bookedAt: number) {
    const [id, amount] = [this.id(account.connector, 'fee'), BigInt(1 + this.random(90))];
    const fee = { id, type: 'OTHER' as const, status: 'SUCCEEDED' as const, relatedTransactionId: related };
    this.addRow(account, at, amount, { ...fee, sourceAccountId: account.id });
    const posting = { source: account.address, destination: 'expenses:fees', asset: account.asset, amount };
    return {
      id,
      amount,
      booking: this.book({ postings: [posting], metadata: { payment: id }, at: bookedAt }),
    };
  }

  private addRefund(account: SimulatedAccount, related: string, amount: bigint, at: number): void {
    const id = this.id(account.connector, 'refund');
    const row = { id, type: 'PAYIN' as const, status: 'REFUNDED' as const, relatedTransactionId: related };
    this.addRow(account, at, amount, {
      ...row,
      sourceAccountId: account.id,
      destinationAccountId: 'customer',
    });
    const posting = { source: account.address, destination: 'customers', asset: account.asset, amount };
    this.book({ postings: [posting], reference: id, at });
  }

  /** Adds several payouts of the PSP that are one booking, or one payout that is several bookings. */
  private addBatch(account: SimulatedAccount, at: number): void {
    const { connector, id: own, asset, address } = account;
    const batch = this.id(connector, 'batch');
    const amounts = Array.from({ length: 2 + this.random(6) }, () => this.amount());
    const total = amounts.reduce((sum, amount) => sum + amount, 0n);
    const isSplit = this.random(2) === 0;
    for (const amount of isSplit ? [total] : amounts)
      this.addRow(account, at, amount, {
        ...{ id: this.id(connector, 'out'), type: 'PAYOUT', status: 'SUCCEEDED', metadata: { batch } },
        ...{ sourceAccountId: own, destinationAccountId: 'supplier' },
      });
    for (const amount of isSplit ? amounts : [total])
      this.book({
        postings: [{ source: address, destination: 'suppliers', asset, amount }],
        metadata: { batch },
        at,
      });
  }

  /** Adds captures, fees and a chargeback that the ledger books as one net amount. */
  private addSettlement(account: SimulatedAccount, at: number): void {
    const { connector, id: own, asset, address } = account;
    const settlement = this.id(connector, 'settlement');
    let net = 0n;
    for (let index = 0; index < 3; index++) {
      const amount = this.amount();
      net += amount;
      const capture = { type: 'PAYIN' as const, status: 'CAPTURE' as const, destinationAccountId: own };
      this.addRow(account, at, amount, {
        ...capture,
        id: this.id(connector, 'cap'),
        metadata: { settlement },
      });
    }
    for (const kind of ['fee', 'chargeback']) {
      const amount = BigInt(1 + this.random(90));
      net -= amount;
      const cost = { type: 'OTHER' as const, status: 'SUCCEEDED' as const, sourceAccountId: own };
      this.addRow(account, at, amount, { ...cost, id: this.id(connector, kind), metadata: { settlement } });
    }
    for (const amount of [1n, net - 1n])
      this.book({
        postings: [{ source: 'sales', destination: address, asset, amount }],
        metadata: { settlement },
        at,
      });
  }

  /** Adds a transfer of money between two own accounts at the same PSP. It has one row and one booking, which change both accounts. */
  private addTransfer(account: SimulatedAccount, at: number): void {
    const { connector, asset } = account;
    const other = this.accounts.find((each) => each.connector === connector && each.id !== account.id)!;
    const [id, amount] = [this.id(connector, 'move'), this.amount()];
    const row = { id, type: 'TRANSFER' as const, status: 'SUCCEEDED' as const };
    this.addRow(account, at, amount, { ...row, sourceAccountId: account.id, destinationAccountId: other.id });
    const posting = { source: account.address, destination: other.address, asset, amount };
    this.book({ postings: [posting], reference: id, at });
  }

  /**
   * Adds a conversion of money from one currency to another. It has two rows and two bookings, because one booking cannot have both keys.
   */
  private addConversion(account: SimulatedAccount, at: number): void {
    const other = this.accounts.find(
      ({ connector, asset }) => connector === account.connector && asset !== account.asset,
    )!;
    for (const [side, isSold] of [
      [account, true],
      [other, false],
    ] as const) {
      const [id, amount] = [this.id(side.connector, isSold ? 'sold' : 'bought'), this.amount()];
      const row = { id, type: 'TRANSFER' as const, status: 'SUCCEEDED' as const };
      this.addRow(side, at, amount, {
        ...row,
        ...(isSold ? { sourceAccountId: side.id } : { destinationAccountId: side.id }),
      });
      const [source, destination] = isSold ? [side.address, 'conversions'] : ['conversions', side.address];
      this.book({ postings: [{ source, destination, asset: side.asset, amount }], reference: id, at });
    }
  }

  /** Adds a payment that fails in the end and was never booked. */
  private addUnsuccessful(account: SimulatedAccount, at: number): void {
    const [id, amount] = [this.id(account.connector, 'pay'), this.amount()];
    const row = { id, type: 'PAYIN' as const, destinationAccountId: account.id };
    this.addRow(account, at, amount, { ...row, status: 'PENDING' });
    this.addRow(account, at + 86_400_000, amount, {
      ...row,
      status: this.random(2) === 0 ? 'FAILED' : 'EXPIRED',
    });
  }

  /** Adds a payment that was booked wrongly, reverted, and booked again. In the end, there is no mistake. */
  private addCorrected(account: SimulatedAccount, at: number): void {
    const { id: own, asset, address, connector } = account;
    const [id, amount] = [this.id(connector, 'pay'), this.amount()];
    this.addRow(account, at, amount, { id, type: 'PAYIN', status: 'SUCCEEDED', destinationAccountId: own });
    const postings = [{ source: 'customers', destination: address, asset, amount: amount + 5n }];
    const wrong = this.book({ postings, metadata: { payment: id }, at });
    this.book({ postings: [], at: at + 1000, reverts: wrong });
    this.book({ postings: [{ ...postings[0]!, amount }], metadata: { payment: id }, at: at + 2000 });
  }
}
