/**
 * Detects whether a new version of a statement contradicts the former one. Served rows are never removed, so
 * missing entries are reported as a warning.
 */
import { formatAmount } from '@tributary/connector-api';
import type { Money } from '@tributary/connector-api';
import type { Placed } from './matching.js';
import { signedMoney } from './signed-money.js';
import { describeStatement } from './statement-check.js';
import type { CheckedStatement } from './statement-check.js';

export class Revision {
  private known = 0;
  private versions = new Set<string>();
  /** Entries that the former version of the statement did not have, by currency. */
  private readonly added = new Map<string, { sum: Money; count: number }>();

  add({ item, before }: Placed): void {
    if (!item.settled) return;
    if (before) {
      this.known++;
      this.versions.add(before.version);
      return;
    }
    const { entry } = item;
    const money = signedMoney(entry);
    const total = this.added.get(entry.currency) ?? { sum: { ...money, amount: 0n }, count: 0 };
    total.sum.amount += money.amount;
    total.count++;
    this.added.set(entry.currency, total);
  }

  /**
   * Returns a warning if the new version differs from the former one. With equal opening and closing balances
   * nothing was removed if the added sum equals the former difference.
   * @param missing the former difference; `undefined` if the former version was balanced or there was none
   */
  findChange(statement: CheckedStatement, missing: string | undefined): string | undefined {
    if (this.known === 0 && missing === undefined) return undefined;
    const added = [...this.added].map(([currency, { sum }]) => `${formatAmount(sum)} ${currency}`);
    const sums = added.filter((text) => /[1-9]/.test(text)).sort();
    const expected = (missing ?? '').split(', ').filter(Boolean).sort();
    const isOther = [...this.versions].some((version) => version !== statement.version);
    const asBefore = sums.length === 0 && (missing ?? '') === (statement.break ?? '');
    if (!isOther && (asBefore || (statement.break === undefined && sums.join() === expected.join())))
      return undefined;
    const count = [...this.added.values()].reduce((total, { count: n }) => total + n, 0);
    return (
      `${describeStatement(statement)} came before and said something else: ` +
      `${isOther ? 'its closing balance is another, ' : ''}${this.known} entries are as they were, ` +
      `${count} are new${sums.length > 0 ? ` (${sums.join(', ')})` : ''}. ` +
      'What it no longer says is still served: compare both versions, and book the difference'
    );
  }
}
