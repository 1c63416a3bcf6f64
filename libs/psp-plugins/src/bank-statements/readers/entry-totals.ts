import type { CreditDebit } from '../statements/statement.types.js';
import { toScaledInteger, formatScaledInteger } from './value-parsers.js';

/** The number and the sum of entries that the file states. If `creditDebit` is absent, the total includes both directions. */
export interface StatedTotal {
  /** The location of the total in the file: `:90D:`, `TtlCdtNtries`. */
  where: string;
  creditDebit?: CreditDebit;
  count?: number;
  amount?: string;
}

/** Adds up a statement's entries, for comparison with the totals that the file contains. The sums are exact. */
export class EntryTotals {
  readonly #counts = { CRDT: 0, DBIT: 0 };
  readonly #sums = { CRDT: 0n, DBIT: 0n };

  add(creditDebit: CreditDebit, amount: string): void {
    this.#counts[creditDebit]++;
    this.#sums[creditDebit] += toScaledInteger(amount);
  }

  /** The sum of the credits minus the sum of the debits. */
  get net(): bigint {
    return this.#sums.CRDT - this.#sums.DBIT;
  }

  /** Returns one sentence for each total of the file that is wrong. */
  findDifferences({ where, creditDebit, count, amount }: StatedTotal): string[] {
    const foundCount = creditDebit ? this.#counts[creditDebit] : this.#counts.CRDT + this.#counts.DBIT;
    const foundSum = creditDebit ? this.#sums[creditDebit] : this.#sums.CRDT + this.#sums.DBIT;
    const kind =
      creditDebit === 'CRDT' ? 'credit entries' : creditDebit === 'DBIT' ? 'debit entries' : 'entries';
    const differences: string[] = [];
    if (count !== undefined && count !== foundCount) {
      differences.push(`${where} says ${count} ${kind}; the statement has ${foundCount}`);
    }
    if (amount !== undefined && toScaledInteger(amount) !== foundSum) {
      differences.push(
        `${where} says that ${kind} sum up to ${amount}; they sum up to ${formatScaledInteger(foundSum)}`,
      );
    }
    return differences;
  }
}
