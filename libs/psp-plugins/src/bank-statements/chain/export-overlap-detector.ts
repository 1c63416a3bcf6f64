/**
 * Detects entries that may be served twice because two CSV exports contain the same day. Equal entries of both exports are one row. If the
 * bank changed the text of an entry between the exports, it looks like another entry.
 */
import { formatAmount } from '@tributary/connector-api';
import { describeStatement } from '../checking/statement-check.js';
import type { CheckedStatement } from '../checking/statement-check.js';
import type { EntryMatch } from '../matching/entry-matcher.js';
import { toSignedMoney } from '../statements/to-signed-money.js';
import type { ChainLink } from './statement-chain.js';

export class ExportOverlapDetector {
  private knownCount = 0;
  private newCount = 0;
  private newAmount: { amount: bigint; asset: string } | undefined;

  /**
   * Creates a detector for one day of an export.
   * @param former the day in an earlier export, with other entries. It is known only if the exports contain balances
   */
  constructor(private readonly former: ChainLink | undefined) {}

  /** Adds an entry. Entries with a distinctive reference of the bank are never doubled, so they do not count as new. */
  add({ item, previous, isIdentified }: EntryMatch): void {
    if (previous || isIdentified) {
      this.knownCount++;
      return;
    }
    if (item.facts.reference !== '') return;
    const money = toSignedMoney(item.entry);
    this.newCount++;
    this.newAmount = { ...money, amount: (this.newAmount?.amount ?? 0n) + money.amount };
  }

  /**
   * Describes the overlap.
   * @returns `undefined` if no entry can be doubled: the day is new, nothing was added, or the balances show that all entries of the
   * earlier export are in this one
   */
  describe(statement: CheckedStatement): string | undefined {
    const { former, knownCount, newCount, newAmount } = this;
    if (newCount === 0 || !newAmount || knownCount + (former ? 1 : 0) === 0) return undefined;
    const isPlausible =
      former !== undefined &&
      statement.imbalance === undefined &&
      (knownCount >= (former.exportedRows ?? 0) || !hasSameOpening(statement, former));
    if (isPlausible) return undefined;
    const [currency = ''] = newAmount.asset.split('/');
    return (
      `${describeStatement(statement)} is in two CSV exports: ${knownCount} entries are in both and count once, ` +
      `${newCount} (${formatAmount(newAmount)} ${currency}) are only in the later one. If the earlier export ended during this day, this is right. ` +
      'If the bank changed the text of an entry, the entry is served twice. Compare the day with the bank. ' +
      "To prevent it, map the bank's id of the entry, or export whole days that do not overlap"
    );
  }
}

/** Returns true if both exports contain the day from the same balance on, so that the later one should repeat the earlier one. */
function hasSameOpening({ balances }: CheckedStatement, { opening }: ChainLink): boolean {
  const first = balances.find(({ code }) => code === 'OPBD');
  return first !== undefined && opening === toSignedMoney(first).amount.toString();
}
