/**
 * Reads only the items whose result can change: the changed items, and all items that share a key with them, directly or through other
 * items. The result of any other item stays the same, because a rule compares only items with an equal key.
 */
import type { ItemCuts, ItemSum, ReconciliationItem, ReconciliationRepository } from '@tributary/feed';
import type { ItemReference } from '../events/event.types.js';
import { createCutFilter } from './cut-filter.js';
import { hasMovedMoney, type ItemSource, type KeyGroup } from './item-source.js';

/**
 * The maximum number of connected items. If more items are connected, the search ends and all items are compared, because that takes less
 * time.
 */
const MAX_CONNECTED_ITEMS = 50_000;
const BATCH_SIZE = 1000;

/** The changed items, the items that are connected with them, and their keys. */
export interface ConnectedItems {
  items: ReadonlyMap<number, ReconciliationItem>;
  /** The items of each key: by the index of the rule, then by the key. */
  groups: ReadonlyMap<number, ReadonlyMap<string, ReconciliationItem[]>>;
  numbersWithKey: ReadonlySet<number>;
}

/**
 * Finds the changed items, and all items that are connected with them by keys.
 * @returns `undefined` when more than `MAX_CONNECTED_ITEMS` items are connected
 */
export async function findConnectedItems(
  repository: ReconciliationRepository,
  policyId: string,
  changed: readonly ReconciliationItem[],
): Promise<ConnectedItems | undefined> {
  const items = new Map<number, ReconciliationItem>();
  const groups = new Map<number, Map<string, ReconciliationItem[]>>();
  const numbersWithKey = new Set<number>();
  let pending = [...changed];
  while (pending.length > 0) {
    const added = pending.filter(({ number }) => !items.has(number));
    for (const item of added) items.set(item.number, item);
    if (items.size > MAX_CONNECTED_ITEMS) return undefined;
    pending = [];
    for (const [rule, keys] of await findNewKeys(repository, policyId, added, groups, numbersWithKey))
      for (let start = 0; start < keys.length; start += BATCH_SIZE) {
        const batch = keys.slice(start, start + BATCH_SIZE);
        for (const { key, item } of await repository.findItemsByKeys(policyId, rule, batch)) {
          groups.get(rule)?.get(key)?.push(item);
          pending.push(item);
        }
      }
  }
  return { items, groups, numbersWithKey };
}

/** Returns the keys of these items that have no group yet, by rule. It also creates an empty group for each of these keys. */
async function findNewKeys(
  repository: ReconciliationRepository,
  policyId: string,
  items: readonly ReconciliationItem[],
  groups: Map<number, Map<string, ReconciliationItem[]>>,
  numbersWithKey: Set<number>,
): Promise<Map<number, string[]>> {
  const found = new Map<number, string[]>();
  for (let start = 0; start < items.length; start += BATCH_SIZE) {
    const numbers = items.slice(start, start + BATCH_SIZE).map(({ number }) => number);
    for (const { rule, key, number } of await repository.findKeys(policyId, numbers)) {
      numbersWithKey.add(number);
      const ofRule = groups.get(rule) ?? new Map<string, ReconciliationItem[]>();
      groups.set(rule, ofRule);
      if (ofRule.has(key)) continue;
      ofRule.set(key, []);
      const keys = found.get(rule);
      if (keys) keys.push(key);
      else found.set(rule, [key]);
    }
  }
  return found;
}

export class ChangedItemSource implements ItemSource {
  private readonly isIncluded: (item: ReconciliationItem) => boolean;

  constructor(
    private readonly connected: ConnectedItems,
    cuts: ItemCuts,
  ) {
    this.isIncluded = createCutFilter(cuts);
  }

  async *streamGroups(rule: number) {
    yield { pairedNumbers: [], groups: this.listGroups(rule) };
  }

  async *streamGroupsAgain(rule: number): AsyncGenerator<KeyGroup> {
    yield* this.listGroups(rule);
  }

  async *streamItems(isSkipped: (number: number) => boolean): AsyncGenerator<ReconciliationItem[]> {
    const items = [...this.connected.items.values()];
    yield items.filter((item) => this.isIncluded(item) && !isSkipped(item.number));
  }

  async sumItems(): Promise<ItemSum[]> {
    return [...this.connected.items.values()]
      .filter((item) => this.isIncluded(item) && hasMovedMoney(item))
      .map(({ side, account, asset, amount }) => ({ side, account, asset, items: 1, amount }));
  }

  async findReferenced(reference: ItemReference): Promise<ReconciliationItem[]> {
    const keys = ['side', 'source', 'recordId', 'account', 'asset'] as const;
    return [...this.connected.items.values()].filter(
      (item) => this.isIncluded(item) && keys.every((key) => item[key] === reference[key]),
    );
  }

  async findNumbersWithKey(): Promise<ReadonlySet<number>> {
    return this.connected.numbersWithKey;
  }

  private listGroups(rule: number): KeyGroup[] {
    const groups = [...(this.connected.groups.get(rule) ?? [])];
    return groups.flatMap(([key, items]) => {
      const included = items.filter(this.isIncluded).sort((a, b) => a.number - b.number);
      return included.length === 0 ? [] : [{ key, items: included }];
    });
  }
}
