/**
 * Caches full pages of feeds. They never change, because feeds are append-only. The cache evicts the least recently used page first.
 */
import type { SerializedPage } from '@tributary/connector-api';

/** Number of keys in one generation of pages that were requested once. */
const MAX_SEEN_KEYS = 4096;
/** Estimated bytes of an entry without its body: key, Map slot, Buffer. */
const ENTRY_OVERHEAD_BYTES = 512;

interface CachedPage extends SerializedPage {
  body: Buffer;
}

export class PageCache {
  private readonly pages = new Map<string, CachedPage>();
  /**
   * Keys are kept in two Sets, and the older Set is dropped as a whole. A single Set that deletes its oldest key would be slow, because V8
   * needs long to find the oldest key after many deletions.
   */
  private seenKeys = new Set<string>();
  private previousSeenKeys = new Set<string>();
  private totalBytes = 0;

  /** @param capacityBytes total size of all entries */
  constructor(private readonly capacityBytes: number) {}

  get(key: string): CachedPage | undefined {
    const page = this.pages.get(key);
    if (page === undefined) return undefined;
    // A Map keeps insertion order, so the page moves to the end, where the most recently used pages are.
    this.pages.delete(key);
    this.pages.set(key, page);
    return page;
  }

  /**
   * Stores a full page at its second request; the first request only records the key. Clients that read a whole feed request each page
   * once, and caching such pages takes longer than reading them.
   */
  set(key: string, page: SerializedPage): void {
    if (this.isFirstRequest(key)) return;
    const cached = { rows: page.rows, body: Buffer.from(page.body) };
    const size = sizeInBytes(cached);
    // One very large page must not evict all other pages.
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
