/**
 * Keeps full pages of feeds in memory. Full pages never change, because feeds are append-only. If the cache is full, it removes the page
 * that was not used for the longest time.
 */
import type { SerializedPage } from '@tributary/connector-api';

/** The number of keys in one set of pages that were requested once. When the set is full, a new set begins. */
const MAX_SEEN_KEYS = 4096;
/** The estimated size of an entry without its body (key, Map slot, Buffer), in bytes. */
const ENTRY_OVERHEAD_BYTES = 512;

interface CachedPage extends SerializedPage {
  body: Buffer;
}

export class PageCache {
  private readonly pages = new Map<string, CachedPage>();
  /**
   * The keys of pages that were requested once. The keys are kept in two sets, and the older set is deleted as a whole. Deleting the oldest
   * key of a single set would be slow, because V8 needs long to find the oldest key after many deletions.
   */
  private seenKeys = new Set<string>();
  private previousSeenKeys = new Set<string>();
  private totalBytes = 0;

  /** @param capacityBytes maximum total size of all entries */
  constructor(private readonly capacityBytes: number) {}

  get(key: string): CachedPage | undefined {
    const page = this.pages.get(key);
    if (page === undefined) return undefined;
    // A Map keeps the sequence of insertion, so inserting the page again moves it to the end, where the most recently used pages are.
    this.pages.delete(key);
    this.pages.set(key, page);
    return page;
  }

  /**
   * Stores a full page at its second request. The first request only stores the key. Clients that read a whole feed request each page once,
   * and storing such pages takes longer than reading them.
   */
  set(key: string, page: SerializedPage): void {
    if (this.isFirstRequest(key)) return;
    const cached = { rows: page.rows, body: Buffer.from(page.body) };
    const size = sizeInBytes(cached);
    // A very large page is not stored, because it would remove all other pages.
    if (size > this.capacityBytes / 8) return;
    this.remove(key);
    this.pages.set(key, cached);
    this.totalBytes += size;
    while (this.totalBytes > this.capacityBytes) this.remove(this.leastRecentlyUsedKey());
  }

  private isFirstRequest(key: string): boolean {
    if (this.seenKeys.has(key) || this.previousSeenKeys.has(key)) return false;
    if (this.seenKeys.size === MAX_SEEN_KEYS) {
      this.previousSeenKeys = this.seenKeys;
      this.seenKeys = new Set();
    }
    this.seenKeys.add(key);
    return true;
  }

  private leastRecentlyUsedKey(): string {
    const [key = ''] = this.pages.keys();
    return key;
  }

  private remove(key: string): void {
    const page = this.pages.get(key);
    if (page === undefined) return;
    this.pages.delete(key);
    this.totalBytes -= sizeInBytes(page);
  }
}

function sizeInBytes(page: CachedPage): number {
  return page.body.length + ENTRY_OVERHEAD_BYTES;
}
