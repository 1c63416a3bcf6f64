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

/** The attempt with which the PSP took an order: the first one of its key that decided anything. */
export type Payment = Attempt;

export type PaymentState = Extract<State, 'pending' | 'completed' | 'failed'> | 'returned';

/** When the PSP knows of the order, milliseconds since 1970. */
export function executedAt({ at, fault, after }: Payment): number {
  return fault === 'executes-later' ? at + after : at;
}

/** When the money came back; `undefined` when it does not. */
export function returnedAt(payment: Payment): number | undefined {
  return payment.fate === 'returns' ? executedAt(payment) + payment.after : undefined;
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
