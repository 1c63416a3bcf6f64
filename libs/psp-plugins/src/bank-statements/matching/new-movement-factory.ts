/**
 * Creates the movements of booked entries that certainly occur for the first time. This is certain if no movement of their groups was
 * served before. Such entries need neither a lookup in the feed nor a comparison, so the time for a large statement is proportional to its
 * entries. Two entries of one statement are never the same movement.
 */
import type { CheckedFile } from '../checking/file-check.js';
import type { GroupCriteria } from '../identity/entry-identity.js';
import type { EntryMatch } from './entry-matcher.js';
import type { ItemToMatch } from './matching-input.js';
import type { ServedDays } from './served-days.js';

export class NewMovementFactory {
  /** The number of movements so far, in each group that has several entries. Groups with one entry are not counted. */
  private readonly counts = new Map<string, number>();
  private isClosed = false;
  /** The criteria of the last entry that was new. Consecutive entries of a day have the same object. */
  private newCriteria: GroupCriteria | undefined;

  /**
   * Begins a statement.
   * @param before the days that were served before this statement
   */
  constructor(
    private readonly before: ServedDays,
    private readonly keyCounts: CheckedFile['keyCounts'],
  ) {}

  /**
   * Creates the movements of a batch.
   * @returns `undefined` if an entry of the batch may be a known movement. From then on, all entries of the statement must be compared with
   * the feed, because their groups contain movements that this class does not count
   */
  match(items: readonly ItemToMatch[]): EntryMatch[] | undefined {
    this.isClosed ||= !items.every((item) => this.isNew(item));
    return this.isClosed ? undefined : items.map((item) => this.create(item));
  }

  private isNew({ isFinal, statement, criteria }: ItemToMatch): boolean {
    if (!isFinal) return false;
    if (this.newCriteria === criteria) return true;
    const isNew = !criteria.some((criterion) => this.before.mayInclude(statement.accountId, criterion));
    if (isNew) this.newCriteria = criteria;
    return isNew;
  }

  private create(item: ItemToMatch): EntryMatch {
    const { groupKey } = item;
    const id = `${groupKey}-${this.nextNumber(groupKey)}`;
    const movement = { id, groupKey, detailCount: 0, metadata: {} };
    return { item, movement, shouldServe: true, isIdentified: false };
  }

  private nextNumber(groupKey: string): number {
    if (!this.keyCounts.isGroupRepeated(groupKey)) return 0;
    const number = this.counts.get(groupKey) ?? 0;
    this.counts.set(groupKey, number + 1);
    return number;
  }
}
