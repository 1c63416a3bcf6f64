/**
 * Computes the state of the payment of an order at a given time. The result is a pure function of the order's line in the journal and the
 * time.
 */
import { currencyToAsset, parseAmount, type Money } from '@tributary/connector-api';
import type { OrderFate, OrderFault } from './order-faults.js';
import type { TransactionState } from './movement-cycle.js';

/**
 * One attempt to submit an order, as the PSP received it. It is one line of the journal, so its property names are stored and must not
 * change.
 */
export interface OrderAttempt {
  /** The time at which the PSP received the attempt, in ms since 1970. */
  at: number;
  fault: OrderFault;
  fate: OrderFate;
  /** The delay in ms of the later events that follow from `fault` and `fate`. */
  after: number;
  /** The PSP's id of the payment. */
  id: string;
  key: string;
  /** The client's reference of the order. */
  reference: string;
  kind: 'payout' | 'transfer';
  from: string;
  to: string;
  /** The amount as a decimal string. */
  amount: string;
  currency: string;
}

/** The attempt with which the PSP accepted an order: the first attempt with its key that decided the order. */
export type AcceptedAttempt = OrderAttempt;

export type PaymentState = Extract<TransactionState, 'pending' | 'completed' | 'failed'> | 'returned';

/** Returns the time at which the PSP executes the order, in ms since 1970. */
export function getExecutedAt({ at, fault, after }: AcceptedAttempt): number {
  return fault === 'executes-later' ? at + after : at;
}

/** Returns the time at which the payment is returned, in ms since 1970. The result is `undefined` if it is not returned. */
export function getReturnedAt(payment: AcceptedAttempt): number | undefined {
  return payment.fate === 'returns' ? getExecutedAt(payment) + payment.after : undefined;
}

/** Returns the state of the payment at `now`, or `undefined` if the order is not executed yet. */
export function getStateAt(payment: AcceptedAttempt, now: number): PaymentState | undefined {
  const executed = getExecutedAt(payment);
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

/** Returns the total effect of the payments on the balances of an account. */
export function sumBalanceEffects(
  payments: readonly AcceptedAttempt[],
  account: string,
  now: number,
): Money[] {
  const sums = new Map<string, bigint>();
  for (const payment of payments) {
    if (getStateAt(payment, now) !== 'completed') continue;
    const amount = parseAmount(payment.amount, currencyToAsset(payment.currency));
    const taken = payment.from === account ? amount : 0n;
    const given = payment.kind === 'transfer' && payment.to === account ? amount : 0n;
    sums.set(payment.currency, (sums.get(payment.currency) ?? 0n) + given - taken);
  }
  return [...sums].map(([currency, amount]) => ({ amount, asset: currencyToAsset(currency) }));
}
