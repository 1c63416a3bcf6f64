/** Reads the true results of the orders from the journals of the simulated PSPs, with the same parser as the simulated PSPs. */
import { existsSync, readFileSync } from 'node:fs';
import { isOrderAccepted } from '../../libs/psp-plugins/src/sandbox/simulator/order-faults.js';
import { parseAttempt } from '../../libs/psp-plugins/src/sandbox/simulator/order-journal.js';
import {
  getStateAt,
  type AcceptedAttempt,
} from '../../libs/psp-plugins/src/sandbox/simulator/payment-state.js';

export class PspJournal {
  attemptCount = 0;
  readonly faultCounts = new Map<string, number>();
  /** The paid orders by the client's reference, and then by the PSP's key. Two keys mean that the order was paid twice. */
  private readonly paidByReference = new Map<string, Map<string, AcceptedAttempt>>();

  constructor(journal: string) {
    // A PSP without requests has no journal file.
    const lines = existsSync(journal) ? readFileSync(journal, 'utf8').split('\n') : [];
    for (const line of lines) this.add(line);
  }

  getPayments(reference: string): readonly AcceptedAttempt[] {
    return [...(this.paidByReference.get(reference)?.values() ?? [])];
  }

  listReferences(): Iterable<string> {
    return this.paidByReference.keys();
  }

  private add(line: string): void {
    const attempt = parseAttempt(line);
    if (attempt === undefined) return;
    this.attemptCount++;
    this.faultCounts.set(attempt.fault, (this.faultCounts.get(attempt.fault) ?? 0) + 1);
    if (!isOrderAccepted(attempt.fault)) return;
    const payments = this.paidByReference.get(attempt.reference) ?? new Map<string, AcceptedAttempt>();
    if (!payments.has(attempt.key)) payments.set(attempt.key, attempt);
    this.paidByReference.set(attempt.reference, payments);
  }
}

/** Returns the final state that Formance must show. The result is `undefined` while the PSP has not executed the order. */
export function getExpectedEnd(
  payment: AcceptedAttempt | undefined,
  amount: bigint,
): ExpectedEnd | undefined {
  if (payment === undefined) return { payment: 'FAILED', initiation: 'FAILED', amount };
  const state = getStateAt(payment, Date.now());
  switch (state) {
    case undefined:
      return undefined;
    case 'pending':
      return { payment: 'PENDING', initiation: 'PROCESSING', amount };
    case 'completed':
      return { payment: 'SUCCEEDED', initiation: 'PROCESSED', amount };
    case 'failed':
      return { payment: 'FAILED', initiation: 'FAILED', amount };
    case 'returned':
      return { payment: 'REFUNDED', initiation: 'REVERSED', amount: 0n };
  }
}

export interface ExpectedEnd {
  payment: string;
  initiation: string;
  amount: bigint;
}

/** Returns true if the PSP can fail the order. */
export function canFail(payment: AcceptedAttempt | undefined): boolean {
  return payment === undefined || payment.fate === 'fails' || payment.fate === 'fails-at-once';
}
