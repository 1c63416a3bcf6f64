/** Reads what really happened to the orders: the journals of the simulated PSPs, parsed as the PSPs parse them. */
import { existsSync, readFileSync } from 'node:fs';
import { isTaken } from '../../libs/psp-plugins/src/sandbox/sandbox.faults.js';
import { readAttempt } from '../../libs/psp-plugins/src/sandbox/sandbox.journal.js';
import { stateAt, type Payment } from '../../libs/psp-plugins/src/sandbox/sandbox.payments.js';

export class Truth {
  attempts = 0;
  readonly faults = new Map<string, number>();
  /** Paid orders by the client's reference, then by the PSP's key. Two keys are two payments. */
  private readonly left = new Map<string, Map<string, Payment>>();

  constructor(journal: string) {
    // A PSP without requests has no journal.
    const lines = existsSync(journal) ? readFileSync(journal, 'utf8').split('\n') : [];
    for (const line of lines) this.add(line);
  }

  paid(reference: string): readonly Payment[] {
    return [...(this.left.get(reference)?.values() ?? [])];
  }

  references(): Iterable<string> {
    return this.left.keys();
  }

  private add(line: string): void {
    const attempt = readAttempt(line);
    if (attempt === undefined) return;
    this.attempts++;
    this.faults.set(attempt.fault, (this.faults.get(attempt.fault) ?? 0) + 1);
    if (!isTaken(attempt.fault)) return;
    const payments = this.left.get(attempt.reference) ?? new Map<string, Payment>();
    if (!payments.has(attempt.key)) payments.set(attempt.key, attempt);
    this.left.set(attempt.reference, payments);
  }
}

/** Returns what Formance must show in the end; `undefined` while the PSP itself has not executed the order. */
export function rightEnd(payment: Payment | undefined, amount: bigint): RightEnd | undefined {
  if (payment === undefined) return { payment: 'FAILED', initiation: 'FAILED', amount };
  const state = stateAt(payment, Date.now());
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

export interface RightEnd {
  payment: string;
  initiation: string;
  amount: bigint;
}

/** Returns whether the PSP can fail the order. */
export function mayFail(payment: Payment | undefined): boolean {
  return payment === undefined || payment.fate === 'fails' || payment.fate === 'fails-at-once';
}
