/** Detects a listing that repeats its pages for ever. A long listing that only contains known records is not an error. */
import { PspError } from '@tributary/connector-api';
import type { AppendResult, FeedPage } from '@tributary/feed';
import { createHash } from 'node:crypto';

/** Remembers the pages of one pull that came after the last new record. */
export class PaginationLoopGuard {
  /** The hashes of the pages (content and cursor) since the last new or changed record. */
  private readonly seenFingerprints = new Set<string>();
  private repeatedPages = 0;

  constructor(
    private readonly streamLabel: string,
    private readonly maxRepeatedPages: number,
  ) {}

  /**
   * Checks that a page is not part of an endless loop.
   * @throws PspError when the listing repeats too many pages in a row without new data
   */
  checkPage(page: FeedPage, { added, changed }: AppendResult): void {
    if (added + changed > 0) {
      this.seenFingerprints.clear();
      this.repeatedPages = 0;
      return;
    }
    const fingerprint = fingerprintPage(page);
    this.repeatedPages = this.seenFingerprints.has(fingerprint) ? this.repeatedPages + 1 : 0;
    this.seenFingerprints.add(fingerprint);
    if (this.repeatedPages < this.maxRepeatedPages) return;
    throw new PspError(
      'unavailable',
      `${this.streamLabel}: the listing repeats itself: ${this.repeatedPages} pages in a row were known, the last with the cursor ` +
        `${JSON.stringify(page.cursor.slice(0, 100))}; expected that it ends, or moves on. This is a defect of the plugin`,
    );
  }
}

function fingerprintPage({ cursor, records, rejected }: FeedPage): string {
  const hash = createHash('sha256').update(JSON.stringify([cursor, rejected.map(({ id }) => id)]));
  for (const { content } of records) hash.update(content);
  return hash.digest('base64');
}
