/** Detects a listing that repeats its pages for ever. A long listing whose records are already in the feed is not an error. */
import { PspError } from '@tributary/connector-api';
import type { Appended, FeedPage } from '@tributary/feed';
import { createHash } from 'node:crypto';

/** Remembers the pages of one pull since the last new record. */
export class RepetitionGuard {
  /** Hashes of the content and cursor of each page since the last new or changed record. */
  private readonly seen = new Set<string>();
  private repeated = 0;

  constructor(
    private readonly where: string,
    private readonly most: number,
  ) {}

  /**
   * Checks a page.
   * @throws PspError when the listing returned too many pages in a row that it had returned before, without new data
   */
  check(page: FeedPage, { added, changed }: Appended): void {
    if (added + changed > 0) {
      this.seen.clear();
      this.repeated = 0;
      return;
    }
    const print = fingerprint(page);
    this.repeated = this.seen.has(print) ? this.repeated + 1 : 0;
    this.seen.add(print);
    if (this.repeated < this.most) return;
    throw new PspError(
      'unavailable',
      `${this.where}: the listing repeats itself: ${this.repeated} pages in a row were known, the last with the cursor ` +
        `${JSON.stringify(page.cursor.slice(0, 100))}; expected that it ends, or moves on. This is a defect of the plugin`,
    );
  }
}

function fingerprint({ cursor, records, refused }: FeedPage): string {
  const hash = createHash('sha256').update(JSON.stringify([cursor, refused.map(({ id }) => id)]));
  for (const { content } of records) hash.update(content);
  return hash.digest('base64');
}
