/**
 * Caches full pages of feeds. They never change, because feeds are append-only. The cache evicts the least recently used page first.
 */
import type { PageBody } from '@tributary/connector-api';

/** Number of keys in one generation of pages that were requested once. */
const MOST_SEEN = 4096;
/** Estimated bytes of an entry without its body: key, Map slot, Buffer. */
const OVERHEAD = 512;

interface KeptPage extends PageBody {
  body: Buffer;
}

export class PageCache {
  private readonly pages = new Map<string, KeptPage>();
  /** Keys are kept in two generations, and a generation is dropped as a whole. V8 finds the oldest key of a Set slowly after many deletions. */
  private seen = new Set<string>();
  private seenBefore = new Set<string>();
  private bytes = 0;

  /** @param capacityBytes total size of all entries */
  constructor(private readonly capacity: number) {}

  get(key: string): KeptPage | undefined {
    const page = this.pages.get(key);
    if (page === undefined) return undefined;
    // A Map keeps insertion order, so the page moves to the end as the most recently used one.
    this.pages.delete(key);
    this.pages.set(key, page);
    return page;
  }

  /**
   * Stores a full page at its second request; the first request only records the key.
   * Clients that read a whole feed request each page once, and caching such pages costs more than reading them.
   */
  set(key: string, page: PageBody): void {
    if (this.isNew(key)) return;
    const kept = { rows: page.rows, body: Buffer.from(page.body) };
    const size = sizeOf(kept);
    // One very large page must not evict all other pages.
    if (size > this.capacity / 8) return;
    this.remove(key);
    this.pages.set(key, kept);
    this.bytes += size;
    while (this.bytes > this.capacity) this.remove(this.oldest());
  }

  private isNew(key: string): boolean {
    if (this.seen.has(key) || this.seenBefore.has(key)) return false;
    if (this.seen.size === MOST_SEEN) {
      this.seenBefore = this.seen;
      this.seen = new Set();
    }
    this.seen.add(key);
    return true;
  }

  private oldest(): string {
    const [key = ''] = this.pages.keys();
    return key;
  }

  private remove(key: string): void {
    const page = this.pages.get(key);
    if (page === undefined) return;
    this.pages.delete(key);
    this.bytes -= sizeOf(page);
  }
}

function sizeOf(page: KeptPage): number {
  return page.body.length + OVERHEAD;
}
