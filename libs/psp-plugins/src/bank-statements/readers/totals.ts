import type { CreditDebit } from '../statement.js';
import { scaled, unscaled } from './values.js';

/** Number and sum of entries that a file states about itself. Without `creditDebit` they cover both directions. */
export interface ClaimedTotal {
  /** Location of the statement in the file: `:90D:`, `TtlCdtNtries`. */
  where: string;
  creditDebit?: CreditDebit;
  count?: number;
  amount?: string;
}

/** Totals of a statement's entries, for comparison with the totals stated in the file. Sums are exact. */
export class Totals {
  readonly #counts = { CRDT: 0, DBIT: 0 };
  readonly #sums = { CRDT: 0n, DBIT: 0n };

  add(creditDebit: CreditDebit, amount: string): void {
    this.#counts[creditDebit]++;
    this.#sums[creditDebit] += scaled(amount);
  }

  /** Credits minus debits. */
  get net(): bigint {
    return this.#sums.CRDT - this.#sums.DBIT;
  }

  /** Returns one sentence for each stated value that is wrong. */
  compare({ where, creditDebit, count, amount }: ClaimedTotal): string[] {
    const foundCount = creditDebit ? this.#counts[creditDebit] : this.#counts.CRDT + this.#counts.DBIT;
    const foundSum = creditDebit ? this.#sums[creditDebit] : this.#sums.CRDT + this.#sums.DBIT;
    const kind =
      creditDebit === 'CRDT' ? 'credit entries' : creditDebit === 'DBIT' ? 'debit entries' : 'entries';
    const breaks: string[] = [];
    if (count !== undefined && count !== foundCount) {
      breaks.push(`${where} says ${count} ${kind}; the statement has ${foundCount}`);
    }
    if (amount !== undefined && scaled(amount) !== foundSum) {
      breaks.push(`${where} says that ${kind} sum up to ${amount}; they sum up to ${unscaled(foundSum)}`);
    }
    return breaks;
  }
}
