/** Counts the breaks of a run. */
import type { BreakCounts } from '../legs/leg-verdict.js';
import type { RunSummary } from '../runs/run.types.js';
import type { Break, BreakClass } from './break.types.js';

/** Counts breaks and adds up their differences while a run finds them. */
export class BreakTotals {
  readonly classes: RunSummary['classes'] = {};
  readonly differences = new Map<string, Map<BreakClass, bigint>>();
  /** The breaks of the legs `feed` and `payments`. */
  readonly legBreaks: Break[] = [];
  /** The number of breaks between the feed and the ledger, by state. */
  readonly ledgerStates: BreakCounts = {};

  add(found: Break): void {
    const { class: name, state } = found;
    const states = (this.classes[name] ??= {});
    states[state] = (states[state] ?? 0) + 1;
    if (found.leg !== undefined) {
      this.legBreaks.push(found);
      return;
    }
    this.ledgerStates[state] = (this.ledgerStates[state] ?? 0) + 1;
    this.addDifferences(found);
  }

  private addDifferences({ class: found, differences }: Break): void {
    for (const { account, asset, amount } of differences) {
      const key = `${account} ${asset}`;
      const byClass = this.differences.get(key) ?? new Map<BreakClass, bigint>();
      this.differences.set(key, byClass);
      byClass.set(found, (byClass.get(found) ?? 0n) + BigInt(amount));
    }
  }
}
