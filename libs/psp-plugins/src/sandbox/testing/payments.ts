/** For tests of those who pay with the sandbox: what its journal says, read without the gateway. */
import { existsSync, readFileSync } from 'node:fs';
import { money, type Money, type OrderStatus } from '@tributary/connector-api';
import { readAttempt } from '../sandbox.journal.js';
import { executedAt, stateAt, type Attempt, type Payment, type PaymentState } from '../sandbox.payments.js';
import { decisionOf, isTaken } from '../sandbox.faults.js';

/** One payment that the sandbox has made: one for each key. */
export interface MadePayment {
  /** The client's own name for the order. Two payments with one reference are money that left twice. */
  reference: string;
  key: string;
  /** The PSP's id. */
  id: string;
  kind: 'PAYOUT' | 'TRANSFER';
  amount: Money;
  /** Milliseconds since 1970. */
  executedAt: number;
  status: OrderStatus;
}

const STATUSES: Record<PaymentState, OrderStatus> = {
  pending: 'PENDING',
  completed: 'SUCCEEDED',
  failed: 'FAILED',
  returned: 'RETURNED',
};

/** Every attempt that reached the sandbox, refused and lost ones too, in the order in which they came. */
export function readAttempts(journal: string): Attempt[] {
  if (!existsSync(journal)) return [];
  return readFileSync(journal, 'utf8')
    .split('\n')
    .flatMap((line) => readAttempt(line) ?? []);
}

/** The attempts that were taken: one for each key, the first that decided anything. In the order of the journal. */
export function readTaken(journal: string): Payment[] {
  const decided = new Map<string, Attempt>();
  for (const attempt of readAttempts(journal)) {
    if (decisionOf(attempt.fault) && !decided.has(attempt.key)) decided.set(attempt.key, attempt);
  }
  return [...decided.values()].filter(({ fault }) => isTaken(fault));
}

/**
 * The payments the sandbox had made by `now`, in the order in which they were ordered. What is not in it has not left.
 * @param now milliseconds since 1970; `Infinity` for how everything ends
 */
export function readPayments(journal: string, now: number): MadePayment[] {
  return readTaken(journal).flatMap((payment) => {
    const state = stateAt(payment, now);
    if (state === undefined) return [];
    const { reference, key, id, kind, amount, currency } = payment;
    return {
      ...{ reference, key, id },
      kind: kind === 'payout' ? 'PAYOUT' : 'TRANSFER',
      amount: money(amount, currency),
      executedAt: executedAt(payment),
      status: STATUSES[state],
    };
  });
}

/** The same, by the client's name for the order. A list longer than one is money that left more than once. */
export function paymentsByReference(journal: string, now: number): Map<string, MadePayment[]> {
  return Map.groupBy(readPayments(journal, now), ({ reference }) => reference);
}
