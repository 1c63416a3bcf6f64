/**
 * The in-memory feed of one check. It stores all versions of each record, and the rejected records. The plugin under test gets it as its
 * `FEED_READER`.
 */
import {
  serializeAccount,
  validateBalances,
  serializeBeneficiary,
  serializeTransaction,
} from '../../contract/serialize-records.js';
import type { SerializedRecord } from '../../contract/serialize-records.js';
import { InvalidRecordError } from '../../errors.js';
import { isRejectedRecord } from '../../plugin.js';
import type { FeedReader, StoredRecord, Page, RejectedRecord, Stream } from '../../plugin.js';
import type { Account, Beneficiary, Transaction } from '../../record.types.js';

export type PluginRecord = Account | Beneficiary | Transaction;

/** All versions of one record. The serialized content of each version differs from the version before. */
export interface StoredVersions {
  versions: { item: PluginRecord; serialized: SerializedRecord }[];
}

const SERIALIZERS = {
  accounts: serializeAccount,
  beneficiaries: serializeBeneficiary,
  transactions: serializeTransaction,
} as Record<Stream, (item: PluginRecord) => SerializedRecord>;

export class InMemoryFeed implements FeedReader {
  private readonly records = new Map<string, StoredVersions>();
  readonly rejectedRecords = new Map<string, RejectedRecord>();
  /** The error messages for records that the plugin returned as valid, but that cannot be serialized. */
  readonly serializationErrors: string[] = [];

  /** Returns an independent copy, so that a listing can resume from the present state of the feed. */
  clone(): InMemoryFeed {
    const copy = new InMemoryFeed();
    for (const [key, { versions }] of this.records) copy.records.set(key, { versions: [...versions] });
    for (const [id, record] of this.rejectedRecords) copy.rejectedRecords.set(id, record);
    copy.serializationErrors.push(...this.serializationErrors);
    return copy;
  }

  async findLatest(stream: Stream, ids: readonly string[]): Promise<Map<string, StoredRecord>> {
    const found = ids.flatMap((id): [string, StoredRecord][] => {
      const item = this.records.get(`${stream} ${id}`)?.versions.at(-1)?.item;
      return item ? [[id, toStoredRecord(item)]] : [];
    });
    return new Map(found);
  }

  /**
   * Adds a page to the feed.
   * @returns the number of new record versions in the page
   */
  commitPage(stream: Stream, page: Page<PluginRecord>): number {
    for (const id of page.resolvedIds ?? []) this.rejectedRecords.delete(id);
    for (const balances of page.balances ?? []) this.trySerialize(() => validateBalances(balances));
    return page.items.filter((item) => this.addItem(stream, item)).length;
  }

  /** Returns the newest version of each record. */
  getRecords(stream: Stream): PluginRecord[] {
    return this.getVersions(stream).map((versions) => versions.at(-1)!.item);
  }

  getTransactions(): Transaction[] {
    return this.getRecords('transactions') as Transaction[];
  }

  /** Returns all versions of each record, oldest first. */
  getVersions(stream: Stream): StoredVersions['versions'][] {
    return [...this.records].flatMap(([key, { versions }]) =>
      key.startsWith(`${stream} `) ? [versions] : [],
    );
  }

  private addItem(stream: Stream, item: PluginRecord | RejectedRecord): boolean {
    if (isRejectedRecord(item)) {
      this.rejectedRecords.set(item.id, item);
      return false;
    }
    const serialized = this.trySerialize(() => SERIALIZERS[stream](item));
    if (serialized === undefined) return false;
    this.rejectedRecords.delete(item.id);
    const key = `${stream} ${item.id}`;
    const kept = this.records.get(key) ?? { versions: [] };
    this.records.set(key, kept);
    if (kept.versions.at(-1)?.serialized.content === serialized.content) return false;
    kept.versions.push({ item, serialized });
    return true;
  }

  private trySerialize<T>(serialize: () => T): T | undefined {
    try {
      return serialize();
    } catch (error) {
      if (!(error instanceof InvalidRecordError)) throw error;
      this.serializationErrors.push(error.message);
      return undefined;
    }
  }
}

/** Returns what `FeedReader.findLatest` returns for a record. */
export function toStoredRecord(item: PluginRecord): StoredRecord {
  const metadata = Object.fromEntries(
    Object.entries(item.metadata ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return { metadata, ...('status' in item && { status: item.status, transaction: item }) };
}
