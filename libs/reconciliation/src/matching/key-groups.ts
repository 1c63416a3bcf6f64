/** Streams the items of a policy: in groups with an equal key, or all of them. Memory holds one batch and one group. */
import type { ReconciliationItem, ReconciliationRepository } from '@tributary/feed';

const BATCH_ITEMS = 5000;

export interface KeyGroup {
  key: string;
  /** Sorted by number. */
  items: ReconciliationItem[];
}

/** @param isIncluded tells whether an item exists at the cuts of the run */
export async function* streamKeyGroups(
  repository: ReconciliationRepository,
  policyId: string,
  rule: number,
  isIncluded: (item: ReconciliationItem) => boolean,
): AsyncGenerator<KeyGroup> {
  let group: KeyGroup | undefined;
  let after: { key: string; number: number } | undefined;
  for (;;) {
    const batch = await repository.readKeyedItems(policyId, rule, after, BATCH_ITEMS);
    for (const { key, item } of batch) {
      if (group && group.key !== key) {
        if (group.items.length > 0) yield group;
        group = undefined;
      }
      group ??= { key, items: [] };
      if (isIncluded(item)) group.items.push(item);
    }
    const last = batch.at(-1);
    if (!last) break;
    after = { key: last.key, number: last.item.number };
  }
  if (group && group.items.length > 0) yield group;
}

export async function* streamItems(
  repository: ReconciliationRepository,
  policyId: string,
  isIncluded: (item: ReconciliationItem) => boolean,
): AsyncGenerator<ReconciliationItem> {
  let after = -1;
  for (;;) {
    const batch = await repository.readItems(policyId, after, BATCH_ITEMS);
    for (const item of batch) if (isIncluded(item)) yield item;
    const last = batch.at(-1);
    if (!last) return;
    after = last.number;
  }
}
