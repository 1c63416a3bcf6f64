/**
 * The truth about the payments somebody ordered: what became of an order at a time. A pure function of the order's line in the journal
 * and the time, as the world is one of the settings and the time.
 */
import { assetOf, parseAmount, type Money } from '@tributary/connector-api';
import type { Fate, Fault } from './sandbox.faults.js';
import type { State } from './sandbox.slots.js';

/** One attempt to hand over an order, as the PSP received it: a line of the journal. */
export interface Attempt {
  /** When it was received, milliseconds since 1970. */
  at: number;
  fault: Fault;
  fate: Fate;
  /** Milliseconds for everything that comes later. */
  after: number;
  /** The PSP's own id of the order. */
  id: string;
  key: string;
  /** The client's own name for the order. */
  reference: string;
  kind: 'payout' | 'transfer';
  from: string;
  to: string;
  /** Decimal. */
  amount: string;
  currency: string;
}

/** The attempt with which the PSP took an order: the first one of its key that did not fail before. */
export type Payment = Attempt;

export type PaymentState = Extract<State, 'pending' | 'completed' | 'failed'> | 'returned';

const SECOND = 1000;

/** When the PSP knows of the order, milliseconds since 1970. */
export function executedAt({ at, fault, after }: Payment): number {
  return fault === 'executes-later' ? at + after : at;
}

/** When the money comes back, if it does. */
function returnedAt(payment: Payment): number {
  return executedAt(payment) + payment.after;
}

/** @returns `undefined` while the order is not executed. */
export function stateAt(payment: Payment, now: number): PaymentState | undefined {
  const executed = executedAt(payment);
  if (now < executed) return undefined;
  const early = now < executed + payment.after;
  switch (payment.fate) {
    case 'succeeds':
      return 'completed';
    case 'settles':
      return early ? 'pending' : 'completed';
    case 'fails':
      return early ? 'pending' : 'failed';
    case 'fails-at-once':
      return 'failed';
    case 'stays-pending':
      return 'pending';
    case 'returns':
      return early ? 'completed' : 'returned';
  }
}

/** Something that the listing has because of an order: the payment itself, or its return. */
export interface Entry {
  payment: Payment;
  state: State;
  /** Milliseconds since 1970, in whole seconds. */
  created: number;
  /** Its place among entries of one second: unique, and the same for ever. */
  rank: number;
}

/** Times from `from` up to, but not including, `to`, as they are seen at `now`. Milliseconds since 1970. */
export interface Window {
  from: number;
  to: number;
  now: number;
}

/** The entries that can be seen, in the order of the times they carry. @param payments in the order of the journal */
export function entriesIn(window: Window, payments: readonly Payment[]): Entry[] {
  const entries: Entry[] = [];
  const add = (payment: Payment, state: State, at: number, rank: number) => {
    const created = wholeSecond(at);
    if (created >= window.from && created < window.to) entries.push({ payment, state, created, rank });
  };
  for (const [index, payment] of payments.entries()) {
    const state = stateAt(payment, window.now);
    if (state === undefined) continue;
    // As elsewhere at this PSP, what came back is an entry of its own, and the payment itself stays as it was.
    add(payment, state === 'returned' ? 'completed' : state, executedAt(payment), 2 * index);
    if (state === 'returned') add(payment, 'refunded', returnedAt(payment), 2 * index + 1);
  }
  return entries.sort((one, other) => one.created - other.created || one.rank - other.rank);
}

/** What the payments add to what an account holds. */
export function balanceOf(payments: readonly Payment[], account: string, now: number): Money[] {
  const sums = new Map<string, bigint>();
  for (const payment of payments) {
    if (stateAt(payment, now) !== 'completed') continue;
    const amount = parseAmount(payment.amount, assetOf(payment.currency));
    const taken = payment.from === account ? amount : 0n;
    const given = payment.kind === 'transfer' && payment.to === account ? amount : 0n;
    sums.set(payment.currency, (sums.get(payment.currency) ?? 0n) + given - taken);
  }
  return [...sums].map(([currency, amount]) => ({ amount, asset: assetOf(currency) }));
}

function wholeSecond(time: number): number {
  return Math.floor(time / SECOND) * SECOND;
}
