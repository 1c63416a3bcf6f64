/**
 * Records the matches of a run: the numbers of the matched items, and how many matches each rule made. The matches themselves are not kept,
 * to save memory.
 */
import type { MatchCount } from '../runs/run.types.js';
import { ItemNumberSet } from './item-number-set.js';
import type { GroupMatch } from './match-key-group.js';

export class MatchRecorder {
  readonly matched = new ItemNumberSet();
  /** The sums of the differences that the rule `tolerance` allowed, by account and asset. */
  readonly tolerated = new Map<string, bigint>();
  private readonly counts = new Map<string, MatchCount>();

  /**
   * Records a match.
   * @param rule index of the rule; -1 for a link that a person made
   */
  record(rule: number, { kind, account, asset, psp, ledger, difference }: GroupMatch): void {
    this.count(rule, kind, 1, psp.length, ledger.length);
    for (const { number } of psp) this.matched.add(number);
    for (const { number } of ledger) this.matched.add(number);
    if (difference === 0n) return;
    const key = `${account} ${asset}`;
    this.tolerated.set(key, (this.tolerated.get(key) ?? 0n) + difference);
  }

  /**
   * Records matches of one row and one booking.
   * @param numbers the numbers of the items, two for each match
   */
  recordPairs(rule: number, numbers: readonly number[]): void {
    const pairs = numbers.length / 2;
    if (pairs > 0) this.count(rule, '1:1', pairs, pairs, pairs);
    for (const number of numbers) this.matched.add(number);
  }

  /** Returns how many matches were recorded, sorted by rule and kind. */
  finish(): MatchCount[] {
    return sortMatchCounts([...this.counts.values()]);
  }

  private count(
    rule: number,
    kind: GroupMatch['kind'],
    matches: number,
    rows: number,
    bookings: number,
  ): void {
    const key = `${rule} ${kind}`;
    let count = this.counts.get(key);
    if (!count) this.counts.set(key, (count = { rule, kind, matches: 0, rows: 0, bookings: 0 }));
    count.matches += matches;
    count.rows += rows;
    count.bookings += bookings;
  }
}

export function sortMatchCounts(counts: MatchCount[]): MatchCount[] {
  return counts.sort((a, b) => a.rule - b.rule || (a.kind < b.kind ? -1 : 1));
}
