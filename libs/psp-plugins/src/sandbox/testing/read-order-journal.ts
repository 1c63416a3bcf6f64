/** Reads the sandbox's journal directly, for tests that submit orders to the sandbox. */
import { existsSync, readFileSync } from 'node:fs';
import { parseMoney, type Money, type OrderStatus } from '@tributary/connector-api';
import { parseAttempt } from '../simulator/order-journal.js';
import {
  getExecutedAt,
  getStateAt,
  type OrderAttempt,
  type AcceptedAttempt,
  type PaymentState,
} from '../simulator/payment-state.js';
import { getFinalDecision, isOrderAccepted } from '../simulator/order-faults.js';

/** One payment that the sandbox has executed. There is one payment per key. */
export interface ExecutedPayment {
  /** The client's reference of the order. If two payments have the same reference, the client has paid twice. */
  reference: string;
  key: string;
  /** The PSP's id of the payment. */
  id: string;
  kind: 'PAYOUT' | 'TRANSFER';
  amount: Money;
  /** The time in milliseconds since 1970. */
  executedAt: number;
  status: OrderStatus;
}

const STATUSES: Record<PaymentState, OrderStatus> = {
  pending: 'PENDING',
  completed: 'SUCCEEDED',
  failed: 'FAILED',
  returned: 'RETURNED',
};

/** Returns all attempts that reached the sandbox, including rejected and failed attempts, in the order of the journal. */
export function readAttempts(journal: string): OrderAttempt[] {
  if (!existsSync(journal)) return [];
  return readFileSync(journal, 'utf8')
    .split('\n')
    .flatMap((line) => parseAttempt(line) ?? []);
}

/**
 * Returns the accepted attempts in the order of the journal. For each key, it is the first attempt that decided, if it accepted the order.
 */
export function readAcceptedAttempts(journal: string): AcceptedAttempt[] {
  const decided = new Map<string, OrderAttempt>();
  for (const attempt of readAttempts(journal)) {
    if (getFinalDecision(attempt.fault) && !decided.has(attempt.key)) decided.set(attempt.key, attempt);
  }
  return [...decided.values()].filter(({ fault }) => isOrderAccepted(fault));
}

/**
 * Returns all payments that the sandbox has executed by `now`, in the order of the journal.
 * @param now the time in ms since 1970. With `Infinity`, the final states are returned
 */
export function readPayments(journal: string, now: number): ExecutedPayment[] {
  return readAcceptedAttempts(journal).flatMap((payment) => {
    const state = getStateAt(payment, now);
    if (state === undefined) return [];
    const { reference, key, id, kind, amount, currency } = payment;
    return {
      ...{ reference, key, id },
      kind: kind === 'payout' ? 'PAYOUT' : 'TRANSFER',
      amount: parseMoney(amount, currency),
      executedAt: getExecutedAt(payment),
      status: STATUSES[state],
    };
  });
}

/** Returns the payments grouped by the client's reference. If a group has more than one payment, the client has paid twice. */
export function readPaymentsByReference(journal: string, now: number): Map<string, ExecutedPayment[]> {
  return Map.groupBy(readPayments(journal, now), ({ reference }) => reference);
}
