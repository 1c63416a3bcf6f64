/** Records matches during a run: which items are matched, and totals of the matches. It does not keep the matches themselves. */
import { createHash } from 'node:crypto';
import type { MatchCount } from '../runs/run.types.js';
import { ItemNumberSet } from './item-number-set.js';
import type { GroupMatch } from './match-group.js';

export class MatchRecorder {
  readonly matched = new ItemNumberSet();
  /** Differences that the rule `tolerance` allowed, by account and asset. */
  readonly tolerated = new Map<string, bigint>();
  private readonly hash = createHash('sha256');
  private readonly counts = new Map<string, MatchCount>();

  /** @param rule index of the rule; -1 for a link that a person made */
  record(rule: number, match: GroupMatch): void {
    const { kind, account, asset, psp, ledger, difference } = match;
    const count = this.counts.get(`${rule} ${kind}`) ?? { rule, kind, matches: 0, rows: 0, bookings: 0 };
    this.counts.set(`${rule} ${kind}`, count);
    count.matches++;
    count.rows += psp.length;
    count.bookings += ledger.length;
    for (const { number } of [...psp, ...ledger]) this.matched.add(number);
    const ids = [psp, ledger].map((items) => items.map(({ source, recordId }) => [source, recordId]));
    this.hash.update(JSON.stringify([rule, kind, account, asset, ids, difference.toString()]));
    if (difference !== 0n) {
      const key = `${account} ${asset}`;
      this.tolerated.set(key, (this.tolerated.get(key) ?? 0n) + difference);
    }
  }

  finish(): { matches: MatchCount[]; matchesSha256: string } {
    const matches = [...this.counts.values()].sort((a, b) => a.rule - b.rule || (a.kind < b.kind ? -1 : 1));
    return { matches, matchesSha256: this.hash.digest('hex') };
  }
}
