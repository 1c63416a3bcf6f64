/** In-memory feed of one check: stores all versions of each record and the rejected records. The plugin reads it as its `FEED_READER`. */
import { accountToWire, balancesToWire, beneficiaryToWire, transactionToWire } from '../../contract/wire.js';
import type { WireRecord } from '../../contract/wire.js';
import { RefusedError } from '../../errors.js';
import { isRefusal } from '../../plugin.js';
import type { Mirror, MirroredRecord, Page, Refusal, Stream } from '../../plugin.js';
import type { Account, Beneficiary, Transaction } from '../../records.js';

export type Item = Account | Beneficiary | Transaction;

/** All versions of one record. Consecutive versions differ in their serialized content. */
export interface Kept {
  versions: { item: Item; wire: WireRecord }[];
}

const TO_WIRE = {
  accounts: accountToWire,
  beneficiaries: beneficiaryToWire,
  transactions: transactionToWire,
} as Record<Stream, (item: Item) => WireRecord>;

export class SuiteFeed implements Mirror {
  private readonly kept = new Map<string, Kept>();
  readonly refusals = new Map<string, Refusal>();
  /** Error messages of records that the plugin returned as valid but that cannot be serialized. */
  readonly unservable: string[] = [];

  /** Returns an independent copy, so that a listing can resume from this state. */
  clone(): SuiteFeed {
    const copy = new SuiteFeed();
    for (const [key, { versions }] of this.kept) copy.kept.set(key, { versions: [...versions] });
    for (const [id, refusal] of this.refusals) copy.refusals.set(id, refusal);
    copy.unservable.push(...this.unservable);
    return copy;
  }

  async latest(stream: Stream, ids: readonly string[]): Promise<Map<string, MirroredRecord>> {
    const found = ids.flatMap((id): [string, MirroredRecord][] => {
      const item = this.kept.get(`${stream} ${id}`)?.versions.at(-1)?.item;
      return item ? [[id, mirrored(item)]] : [];
    });
    return new Map(found);
  }

  /** Adds a page to the feed. @returns the number of new record versions in the page. */
  commit(stream: Stream, page: Page<Item>): number {
    for (const id of page.cleared ?? []) this.refusals.delete(id);
    for (const balances of page.balances ?? []) this.serve(() => balancesToWire(balances));
    return page.items.filter((item) => this.take(stream, item)).length;
  }

  /** Returns the newest version of each record. */
  items(stream: Stream): Item[] {
    return this.versions(stream).map((versions) => versions.at(-1)!.item);
  }

  transactions(): Transaction[] {
    return this.items('transactions') as Transaction[];
  }

  /** Returns all versions of each record, oldest first. */
  versions(stream: Stream): Kept['versions'][] {
    return [...this.kept].flatMap(([key, { versions }]) => (key.startsWith(`${stream} `) ? [versions] : []));
  }

  private take(stream: Stream, item: Item | Refusal): boolean {
    if (isRefusal(item)) {
      this.refusals.set(item.id, item);
      return false;
    }
    const wire = this.serve(() => TO_WIRE[stream](item));
    if (wire === undefined) return false;
    this.refusals.delete(item.id);
    const key = `${stream} ${item.id}`;
    const kept = this.kept.get(key) ?? { versions: [] };
    this.kept.set(key, kept);
    if (kept.versions.at(-1)?.wire.content === wire.content) return false;
    kept.versions.push({ item, wire });
    return true;
  }

  private serve<T>(toWire: () => T): T | undefined {
    try {
      return toWire();
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      this.unservable.push(error.message);
      return undefined;
    }
  }
}

function mirrored(item: Item): MirroredRecord {
  const metadata = Object.fromEntries(
    Object.entries(item.metadata ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return { metadata, ...('status' in item && { status: item.status }) };
}
