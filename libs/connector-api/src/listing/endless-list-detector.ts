/** Detects a list that never ends, because of a fault of the PSP, so that a listing fails with a reason instead of running for ever. */
import { createEndlessError, createLoopError } from './read-list-response.js';
import type { TokenPage } from './listing.types.js';

/** The maximum number of consecutive pages without a new row. A PSP can filter its rows after it has divided them into pages. */
const MAX_PAGES_WITHOUT_NEW_ROWS = 1_000;

/**
 * The maximum number of remembered row ids, which limits the memory for a long list. When it is reached, all ids are forgotten, and every
 * row is new again.
 */
const MAX_REMEMBERED_IDS = 50_000;

/** A listing adds each page of one reading of a list, in the order in which the pages were requested. */
export class EndlessListDetector<Row> {
  private readonly tokens = new Set<string>();
  private readonly ids = new Set<string>();
  private pagesWithoutNewRows = 0;

  /**
   * @param getId returns the PSP's id of a row. If it is absent, every row is new, so only pages without rows are counted
   * @param tokens tokens of pages that were already read
   */
  constructor(
    private readonly getId?: (row: Row) => string,
    tokens: Iterable<string> = [],
  ) {
    for (const token of tokens) this.tokens.add(token);
  }

  /**
   * @throws PspError `unavailable` if the page's token leads to a page that was read before, or if a further page follows although the last
   * 1 000 pages had no new row
   */
  addPage({ rows, next }: TokenPage<Row>): void {
    this.pagesWithoutNewRows = this.hasNewRow(rows) ? 0 : this.pagesWithoutNewRows + 1;
    if (next === undefined) return;
    if (this.tokens.has(next)) throw createLoopError(next);
    this.tokens.add(next);
    if (this.pagesWithoutNewRows > MAX_PAGES_WITHOUT_NEW_ROWS)
      throw createEndlessError(`${this.pagesWithoutNewRows} pages without a new row`);
  }

  private hasNewRow(rows: readonly Row[]): boolean {
    const { getId, ids } = this;
    if (getId === undefined) return rows.length > 0;
    if (ids.size >= MAX_REMEMBERED_IDS) ids.clear();
    const knownBefore = ids.size;
    for (const row of rows) ids.add(getId(row));
    return ids.size > knownBefore;
  }
}
