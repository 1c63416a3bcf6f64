/**
 * Detects whether a new version of a statement contradicts the earlier version. The plugin does not remove served rows for this reason, so
 * missing entries are reported as a warning.
 */
import { formatAmount } from '@tributary/connector-api';
import type { Money } from '@tributary/connector-api';
import type { EntryMatch } from './entry-matcher.js';
import type { CorrectionResult } from '../chain/statement-correction.js';
import { toSignedMoney } from '../statements/to-signed-money.js';
import { describeStatement } from '../checking/statement-check.js';
import type { CheckedStatement } from '../checking/statement-check.js';

export class VersionContradictionDetector {
  private unchangedCount = 0;
  private formerVersions = new Set<string>();
  /** The entries that the earlier version of the statement did not contain, by currency. */
  private readonly added = new Map<string, { sum: Money; count: number }>();

  add({ item, previous }: EntryMatch): void {
    if (!item.isFinal) return;
    if (previous) {
      this.unchangedCount++;
      this.formerVersions.add(previous.statementVersion);
      return;
    }
    const { entry } = item;
    const money = toSignedMoney(entry);
    const total = this.added.get(entry.currency) ?? { sum: { ...money, amount: 0n }, count: 0 };
    total.sum.amount += money.amount;
    total.count++;
    this.added.set(entry.currency, total);
  }

  /**
   * Returns a warning if the new version contradicts the earlier version. If both versions have the same balances, and the added entries
   * add up to the earlier difference, no entry was removed, and there is no warning.
   * @param formerImbalance the difference between balances and entries in the earlier version; `undefined` if there was no difference or no
   * earlier version
   * @param correction set if the statement chain contains another version of this statement
   */
  describeChange(
    statement: CheckedStatement,
    formerImbalance: string | undefined,
    correction?: CorrectionResult,
  ): string | undefined {
    const isKnown = this.unchangedCount > 0 || formerImbalance !== undefined || correction !== undefined;
    if (!isKnown) return undefined;
    const added = [...this.added].map(([currency, { sum }]) => `${formatAmount(sum)} ${currency}`);
    const sums = added.filter((text) => /[1-9]/.test(text)).sort();
    const expected = (formerImbalance ?? '').split(', ').filter(Boolean).sort();
    const isOther = [...this.formerVersions].some((version) => version !== statement.version);
    const asBefore = sums.length === 0 && (formerImbalance ?? '') === (statement.imbalance ?? '');
    const isExplained = statement.imbalance === undefined && sums.join() === expected.join();
    const hasGone = (correction?.replacedCount ?? 0) + (correction?.remainingCount ?? 0) > 0;
    if (!isOther && !hasGone && (asBefore || isExplained)) return undefined;
    const count = [...this.added.values()].reduce((total, { count: n }) => total + n, 0);
    return (
      `${describeStatement(statement)} came before and said something else: ` +
      `${isOther ? 'its closing balance is another, ' : ''}${this.unchangedCount} entries are as they were, ` +
      `${count} are new${sums.length > 0 ? ` (${sums.join(', ')})` : ''}. ${describeFormerEntries(correction)}`
    );
  }
}

function describeFormerEntries(correction: CorrectionResult | undefined): string {
  const { replacedCount = 0, remainingCount } = correction ?? {};
  const replaced =
    replacedCount === 0
      ? ''
      : `${replacedCount} former entries are cancelled, because the bank's reference shows what replaced them. `;
  return remainingCount === 0
    ? `${replaced}Nothing that only the former version says is still served`
    : `${replaced}What it no longer says is still served: compare both versions, and book the difference`;
}
