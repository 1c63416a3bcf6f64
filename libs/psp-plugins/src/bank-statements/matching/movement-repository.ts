/** Loads the movements of a group from the feed. `entry-identity.ts` explains movements and groups. */
import type { FeedReader, Metadata, StoredRecord, Transaction } from '@tributary/connector-api';
import { parseFingerprint } from '../identity/entry-identity.js';
import type { EntryFingerprint } from '../identity/entry-identity.js';
import { METADATA_KEYS } from '../mapping/metadata-keys.js';

export interface Movement {
  /** The id of the movement's transaction. The ids of the details of a batch have the suffix `.0`, `.1`, … */
  id: string;
  groupKey: string;
  /** The fingerprint. Absent for a new movement. */
  fingerprint?: EntryFingerprint;
  /** The status of the movement's transaction, or of its first detail. */
  status?: string;
  /**
   * The status of the transaction for the whole movement, if such a transaction is stored. If details are stored, too, this transaction
   * must be cancelled.
   */
  wholeStatus?: string;
  /** The number of stored details; 0 if the movement is stored as one transaction. */
  detailCount: number;
  /** The stored metadata of the transaction for the whole movement, or of its first detail. */
  metadata: Readonly<Record<string, string>>;
}

/**
 * The minimum number of movements of a group (same account, amount, currency and day) that is cached. A smaller group is loaded again for
 * every batch.
 */
const MIN_CACHED_GROUP_SIZE = 500;
const MAX_CACHED_GROUPS = 8;

/**
 * Loads movements from the feed. The movements of the current pull are also kept in memory, because the gateway may not have committed them
 * yet.
 */
export class MovementRepository {
  private currentPage = new Map<string, RememberedRecord>();
  private previousPage = new Map<string, RememberedRecord>();
  private readonly cachedGroups = new Map<string, Movement[]>();
  /** The numbers of movements in cached groups that must be loaded again, by group. */
  private readonly staleNumbers = new Map<string, Set<number>>();

  constructor(private readonly feedReader: FeedReader) {}

  /** Returns the stored movements of each group, in the order of their numbers. */
  async loadGroups(groupKeys: ReadonlySet<string>): Promise<Map<string, Movement[]>> {
    const loaded = new Map<string, Movement[]>();
    for (const groupKey of groupKeys) loaded.set(groupKey, (await this.refreshCachedGroup(groupKey)) ?? []);
    // A cached group may have grown, so the ids after its last movement are looked up, too.
    let incomplete = [...loaded];
    // Most groups have at most one movement. For longer groups, the number of requested ids doubles with each round.
    for (let idCount = 1; incomplete.length > 0; idCount *= 2) {
      const requests = incomplete.map(([groupKey, movements]) => ({
        groupKey,
        movements,
        from: movements.length,
      }));
      const names = requests.flatMap(({ groupKey, from }) =>
        Array.from({ length: idCount }, (_, n) => `${groupKey}-${from + n}`),
      );
      const found = await this.findLatest(names.flatMap((id) => [id, `${id}.0`]));
      for (const { groupKey, movements, from } of requests) {
        for (let n = from; n < from + idCount; n++) {
          const movement = toMovement(groupKey, `${groupKey}-${n}`, found);
          if (!movement) break;
          movements.push(movement);
        }
      }
      incomplete = requests
        .filter(({ movements, from }) => movements.length === from + idCount)
        .map(({ groupKey, movements }) => [groupKey, movements]);
    }
    for (const [groupKey, movements] of loaded) this.cacheLargeGroup(groupKey, movements);
    return loaded;
  }

  /**
   * Marks a movement in the cache, so that it is read from the feed again. This is necessary because a match can change the record of a
   * movement, and because the record of a new movement is stored only if its page is committed.
   */
  markChanged(movementId: string): void {
    if (this.cachedGroups.size === 0) return;
    const at = movementId.lastIndexOf('-');
    const [groupKey, number] = [movementId.slice(0, at), Number.parseInt(movementId.slice(at + 1), 10)];
    if (!this.cachedGroups.has(groupKey)) return;
    const stale = this.staleNumbers.get(groupKey) ?? new Set();
    this.staleNumbers.set(groupKey, stale.add(number));
  }

  private async refreshCachedGroup(groupKey: string): Promise<Movement[] | undefined> {
    const movements = this.cachedGroups.get(groupKey);
    if (!movements) return undefined;
    const numbers = [...(this.staleNumbers.get(groupKey) ?? [])].sort((a, b) => a - b);
    this.staleNumbers.delete(groupKey);
    const ids = numbers.map((number) => `${groupKey}-${number}`);
    const found = await this.findLatest(ids.flatMap((id) => [id, `${id}.0`]));
    for (const number of numbers) {
      const movement = toMovement(groupKey, `${groupKey}-${number}`, found);
      if (!movement) {
        movements.length = Math.min(movements.length, number);
        break;
      }
      movements[number] = movement;
    }
    return movements;
  }

  private cacheLargeGroup(groupKey: string, movements: Movement[]): void {
    if (movements.length < MIN_CACHED_GROUP_SIZE) return;
    this.cachedGroups.delete(groupKey);
    this.cachedGroups.set(groupKey, movements);
    for (const oldest of this.cachedGroups.keys()) {
      if (this.cachedGroups.size <= MAX_CACHED_GROUPS) return;
      this.cachedGroups.delete(oldest);
      this.staleNumbers.delete(oldest);
    }
  }

  /** Returns the stored details of a movement by id, in the order of their numbers. */
  async loadDetails(movement: Movement): Promise<Map<string, StoredRecord>> {
    const ids = Array.from({ length: movement.detailCount }, (_, n) => `${movement.id}.${n}`);
    const found = await this.findLatest(ids);
    return new Map(ids.flatMap((id) => (found.has(id) ? [[id, found.get(id) as StoredRecord]] : [])));
  }

  /** Keeps the transactions of the page that is being built. */
  remember(transactions: readonly Transaction[]): void {
    for (const { id, status, metadata } of transactions) {
      this.markChanged(id);
      this.currentPage.set(id, { status, metadata: metadata ?? {} });
    }
  }

  /**
   * Begins the next page. The caller must call the method after it has yielded a page. The gateway may not have committed this page yet,
   * but it has committed the pages before.
   */
  startNextPage(): void {
    this.previousPage = this.currentPage;
    this.currentPage = new Map();
  }

  private async findLatest(ids: readonly string[]): Promise<Map<string, StoredRecord>> {
    const found = new Map<string, StoredRecord>();
    const unknown: string[] = [];
    for (const id of ids) {
      const record = this.currentPage.get(id) ?? this.previousPage.get(id);
      if (record) found.set(id, toStoredRecord(record));
      else unknown.push(id);
    }
    if (unknown.length > 0) {
      for (const [id, record] of await this.feedReader.findLatest('transactions', unknown))
        found.set(id, record);
    }
    return found;
  }
}

/** A record on a recent page. Metadata entries without a value are removed only when the record is looked up, which is rare. */
interface RememberedRecord {
  status: string;
  metadata: Metadata;
}

function toStoredRecord({ status, metadata }: RememberedRecord): StoredRecord {
  const entries = Object.entries(metadata);
  const given = entries.filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { status, metadata: Object.fromEntries(given) };
}

function toMovement(
  groupKey: string,
  id: string,
  found: ReadonlyMap<string, StoredRecord>,
): Movement | undefined {
  const whole = found.get(id);
  const first = found.get(`${id}.0`);
  // If a transaction was split into details, the first detail is used, because the transaction for the whole movement is cancelled. Details
  // are never joined again.
  const record = first ?? whole;
  if (!record) return undefined;
  return {
    id,
    groupKey,
    fingerprint: parseFingerprint(record.metadata[METADATA_KEYS.fingerprint]),
    status: record.status,
    ...(whole?.status !== undefined && { wholeStatus: whole.status }),
    detailCount: first ? Number(record.metadata[METADATA_KEYS.batchCount] ?? 1) : 0,
    metadata: record.metadata,
  };
}
