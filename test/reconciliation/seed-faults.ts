/**
 * Adds mistakes to a correct year, and returns the breaks (differences) that a person expects for each mistake. The code is independent of
 * how items are matched.
 */
import type { BreakClass } from '@tributary/reconciliation';
import type { Booking, Payment, SimulatedYear } from './simulated-year.js';
import { createSeededRandom } from './seeded-random.js';
import { YEAR_END } from './simulated-year.js';

export interface ExpectedBreak {
  fault: string;
  class: BreakClass;
  /** The ids of rows of the PSP. */
  rows: string[];
  bookings: Booking[];
}

type Fault = (year: SimulatedYear, payment: Payment, next: () => Payment) => Omit<ExpectedBreak, 'fault'>[];

/** Adds `count` mistakes of each kind, in different payments. */
export function seedFaults(year: SimulatedYear, count: number, seed: number): ExpectedBreak[] {
  const random = createSeededRandom(seed);
  const free = [...year.payments];
  const next = (): Payment => {
    const [payment] = free.splice(random(free.length), 1);
    if (!payment) throw new Error('the year has too few payments for the faults');
    return payment;
  };
  const expected: ExpectedBreak[] = [];
  for (const [fault, seedFault] of Object.entries(FAULTS))
    for (let index = 0; index < count; index++)
      for (const found of seedFault(year, fault === 'net' ? nextWithFee(next) : next(), next))
        expected.push({ fault, ...found });
  return expected;
}

function nextWithFee(next: () => Payment): Payment {
  for (;;) {
    const payment = next();
    if (payment.fee) return payment;
  }
}

export const FAULTS: Readonly<Record<string, Fault>> = {
  missing: (year, { id, booking }) => {
    remove(year, booking);
    return [{ class: 'missing-in-ledger', rows: [id], bookings: [] }];
  },
  doubled: (year, { id, booking }) => {
    const { postings, at } = booking;
    const again = add(year, { postings, metadata: { payment: id }, at: at + 1 });
    return [{ class: 'duplicate', rows: [], bookings: [again] }];
  },
  'one unit too little': (_, { id, booking }) => {
    change(booking, ({ amount }) => ({ amount: amount - 1n }));
    return [{ class: 'amount-differs', rows: [id], bookings: [booking] }];
  },
  'one unit too much': (_, { id, booking }) => {
    change(booking, ({ amount }) => ({ amount: amount + 1n }));
    return [{ class: 'amount-differs', rows: [id], bookings: [booking] }];
  },
  'wrong asset': (_, { id, booking }) => {
    change(booking, () => ({ asset: 'USD/2' }));
    return [{ class: 'asset-differs', rows: [id], bookings: [booking] }];
  },
  'wrong sign': (_, { id, booking }) => {
    change(booking, ({ source, destination }) => ({ source: destination, destination: source }));
    return [{ class: 'amount-differs', rows: [id], bookings: [booking] }];
  },
  'wrong account': (year, { id, account, booking }) => {
    const other = year.accounts.find(({ address }) => address !== account.address)!;
    change(booking, () => ({ destination: other.address }));
    return [{ class: 'account-differs', rows: [id], bookings: [booking] }];
  },
  late: (year, { id, booking }) => {
    remove(year, booking);
    year.bookings.push({ ...booking, at: YEAR_END + 1 });
    return [{ class: 'missing-in-ledger', rows: [id], bookings: [] }];
  },
  reversed: (year, { id, booking }) => {
    const reversal = add(year, { postings: [], at: booking.at + 1, reverts: booking });
    return [{ class: 'reversed-after-booking', rows: [id], bookings: [booking, reversal] }];
  },
  'taken back by the PSP': (year, { id, booking, at }) => {
    const before = year.rows.filter(({ row }) => row.id === id).at(-1)!;
    const row = {
      ...before.row,
      status: 'FAILED' as const,
      updatedAt: new Date(at + 86_400_000).toISOString(),
    };
    year.rows.push({ ...before, row, at: at + 86_400_000 });
    return [{ class: 'reversed-after-booking', rows: [], bookings: [booking] }];
  },
  net: (year, { id, booking, fee }) => {
    change(booking, ({ amount }) => ({ amount: amount - fee!.amount }));
    remove(year, fee!.booking);
    return [
      { class: 'amount-differs', rows: [id], bookings: [booking] },
      { class: 'missing-in-ledger', rows: [fee!.id], bookings: [] },
    ];
  },
  split: (year, { id, booking }) => {
    const [posting] = booking.postings;
    remove(year, booking);
    const parts = [60n, posting!.amount - 60n].map((amount) =>
      add(year, { postings: [{ ...posting!, amount }], metadata: { payment: id }, at: booking.at }),
    );
    return [{ class: 'grouping-differs', rows: [id], bookings: parts }];
  },
  merged: (year, { id, account, booking }, next) => {
    const second = nextOfAccount(next, account.address);
    remove(year, second.booking);
    change(booking, ({ amount }) => ({ amount: amount + second.amount }));
    return [
      { class: 'amount-differs', rows: [id], bookings: [booking] },
      { class: 'missing-in-ledger', rows: [second.id], bookings: [] },
    ];
  },
  unknown: (year, { booking }) => {
    const other = add(year, {
      postings: booking.postings,
      reference: `unknown-${booking.reference}`,
      at: booking.at,
    });
    return [{ class: 'missing-at-psp', rows: [], bookings: [other] }];
  },
  'no key': (year, { booking }) => {
    const other = add(year, { postings: booking.postings, at: booking.at });
    return [{ class: 'no-key', rows: [], bookings: [other] }];
  },
};

function nextOfAccount(next: () => Payment, address: string): Payment {
  for (;;) {
    const payment = next();
    if (payment.account.address === address) return payment;
  }
}

function add({ bookings }: SimulatedYear, booking: Booking): Booking {
  bookings.push(booking);
  return booking;
}

function remove({ bookings }: SimulatedYear, booking: Booking): void {
  bookings.splice(bookings.indexOf(booking), 1);
}

function change(
  booking: Booking,
  toChanges: (posting: Booking['postings'][number]) => Partial<Booking['postings'][number]>,
): void {
  booking.postings = booking.postings.map((posting) => ({ ...posting, ...toChanges(posting) }));
}
