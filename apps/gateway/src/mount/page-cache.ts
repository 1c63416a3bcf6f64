/**
 * Full pages of append-only feeds never change: once read, they are right for ever. The least recently used go first when
 * there is no more room.
 */
import type { PageBody } from '@tributary/connector-api';

/** Keys of a generation of pages that were asked for once. */
const MOST_SEEN = 4096;
/** What an entry costs beside its body: key, Map slot, Buffer. */
const OVERHEAD = 512;

interface KeptPage extends PageBody {
  body: Buffer;
}

export class PageCache {
  private readonly pages = new Map<string, KeptPage>();
  /** Two generations, forgotten as a whole: to find the oldest key of a Set, V8 walks over all that were deleted before it. */
  private seen = new Set<string>();
  private seenBefore = new Set<string>();
  private bytes = 0;

  /** @param capacity bytes */
  constructor(private readonly capacity: number) {}

  get(key: string): KeptPage | undefined {
    const page = this.pages.get(key);
    if (page === undefined) return undefined;
    // A Map keeps the order of insertion: what was asked for last goes to the end.
    this.pages.delete(key);
    this.pages.set(key, page);
    return page;
  }

  /**
   * Only for full pages. The first time it only notes the key: clients that read a whole feed ask for each page once, and
   * keeping those costs more than reading them.
   */
  set(key: string, page: PageBody): void {
    if (this.isNew(key)) return;
    const kept = { rows: page.rows, body: Buffer.from(page.body) };
    const size = sizeOf(kept);
    // One enormous page must not drive out everything else.
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
