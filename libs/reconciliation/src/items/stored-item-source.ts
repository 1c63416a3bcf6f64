/** Reads all items that a run compares from the store. To limit memory, it keeps only one batch of items and a limited number of keys. */
import type {
  ItemCuts,
  ItemSum,
  KeyedItem,
  ReconciliationItem,
  ReconciliationRepository,
} from '@tributary/feed';
import type { ItemReference } from '../events/event.types.js';
import { yieldToEventLoop } from '../runs/yield-to-event-loop.js';
import { createCutFilter } from './cut-filter.js';
import type { ItemSource, KeyGroup } from './item-source.js';

const BATCH_GROUPS = 5000;
const BATCH_ITEMS = 1000;
/**
 * The maximum number of keys that are kept in memory for a rule. If more keys have a group that is not a pair, `streamGroupsAgain` reads
 * all keys of the rule from the store a second time.
 */
const MAX_REMEMBERED_KEYS = 100_000;

export class StoredItemSource implements ItemSource {
  private readonly isIncluded: (item: ReconciliationItem) => boolean;
  /** The keys whose groups are not pairs, by the index of the rule. A rule with more than `MAX_REMEMBERED_KEYS` such keys has no entry. */
  private readonly groupKeys = new Map<number, string[]>();

  constructor(
    private readonly repository: ReconciliationRepository,
    private readonly policyId: string,
    private readonly cuts: ItemCuts,
  ) {
    this.isIncluded = createCutFilter(cuts);
  }

  async *streamGroups(rule: number, isMatched: (number: number) => boolean) {
    const remembered: string[] = [];
    for await (const { pairedNumbers, keys } of this.streamKeys(rule, isMatched)) {
      if (remembered.length <= MAX_REMEMBERED_KEYS) remembered.push(...keys);
      if (pairedNumbers.length > 0) yield { pairedNumbers, groups: [] };
      for await (const groups of this.readGroups(rule, keys)) yield { pairedNumbers: [], groups };
    }
    if (remembered.length <= MAX_REMEMBERED_KEYS) this.groupKeys.set(rule, remembered);
  }

  async *streamGroupsAgain(rule: number, isMatched: (number: number) => boolean): AsyncGenerator<KeyGroup> {
    const remembered = this.groupKeys.get(rule);
    const batches = remembered ? [{ keys: remembered }] : this.streamKeys(rule, isMatched);
    for await (const { keys } of batches)
      for await (const groups of this.readGroups(rule, keys)) yield* groups;
  }

  async *streamItems(isSkipped: (number: number) => boolean): AsyncGenerator<ReconciliationItem[]> {
    const count = await this.repository.countItems(this.policyId);
    let numbers: number[] = [];
    for (let number = 0; number < count; number++) {
      if (!isSkipped(number)) numbers.push(number);
      if (numbers.length < BATCH_ITEMS && number < count - 1) continue;
      const items = await this.repository.findItems(this.policyId, numbers);
      numbers = [];
      await yieldToEventLoop();
      yield items.filter(this.isIncluded);
    }
  }

  sumItems(): Promise<ItemSum[]> {
    return this.repository.sumItems(this.policyId, this.cuts);
  }

  async findReferenced({ side, source, recordId, account, asset }: ItemReference) {
    const versions = await this.repository.findItemsOfRecords(this.policyId, side, source, [recordId]);
    return versions.filter(
      (item) => this.isIncluded(item) && item.account === account && item.asset === asset,
    );
  }

  async findNumbersWithKey(items: readonly ReconciliationItem[]): Promise<ReadonlySet<number>> {
    const keys = await this.repository.findKeys(
      this.policyId,
      items.map(({ number }) => number),
    );
    return new Set(keys.map(({ number }) => number));
  }

  private async *streamKeys(
    rule: number,
    isMatched: (number: number) => boolean,
  ): AsyncGenerator<{ pairedNumbers: number[]; keys: string[] }> {
    let after: string | undefined;
    for (;;) {
      const batch = await this.repository.compareKeyGroups(
        ...([this.policyId, rule, this.cuts, after, BATCH_GROUPS] as const),
      );
      if (!batch) return;
      after = batch.lastKey;
      await yieldToEventLoop();
      const { free, halfMatched } = selectFreePairs(batch.pairedNumbers, isMatched);
      const keys = [...batch.otherKeys, ...(await this.findKeysOfRule(rule, halfMatched))];
      yield { pairedNumbers: free, keys };
    }
  }

  private async findKeysOfRule(rule: number, numbers: readonly number[]): Promise<string[]> {
    const keys = await this.repository.findKeys(this.policyId, numbers);
    return keys.filter((each) => each.rule === rule).map(({ key }) => key);
  }

  private async *readGroups(rule: number, keys: readonly string[]): AsyncGenerator<KeyGroup[]> {
    for (let start = 0; start < keys.length; start += BATCH_ITEMS) {
      const batch = keys.slice(start, start + BATCH_ITEMS);
      await yieldToEventLoop();
      yield groupByKey(await this.repository.findItemsByKeys(this.policyId, rule, batch), this.isIncluded);
    }
  }
}

/**
 * Separates pairs by the number of their items that are already matched. A pair whose items are both matched is left out.
 * @param numbers the numbers of the items, two for each pair
 * @returns the numbers of the pairs without a matched item, and the first number of each pair with one matched item
 */
function selectFreePairs(
  numbers: readonly number[],
  isMatched: (number: number) => boolean,
): { free: number[]; halfMatched: number[] } {
  const [free, halfMatched]: [number[], number[]] = [[], []];
  for (let index = 0; index + 1 < numbers.length; index += 2) {
    const [first = 0, last = 0] = [numbers[index], numbers[index + 1]];
    const matched = Number(isMatched(first)) + Number(isMatched(last));
    if (matched === 0) free.push(first, last);
    else if (matched === 1) halfMatched.push(first);
  }
  return { free, halfMatched };
}

function groupByKey(
  keyed: readonly KeyedItem[],
  isIncluded: (item: ReconciliationItem) => boolean,
): KeyGroup[] {
  const groups = new Map<string, KeyGroup>();
  for (const { key, item } of keyed) {
    if (!isIncluded(item)) continue;
    const group = groups.get(key);
    if (group) group.items.push(item);
    else groups.set(key, { key, items: [item] });
  }
  return [...groups.values()];
}
