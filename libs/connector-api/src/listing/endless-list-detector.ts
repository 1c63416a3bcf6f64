/** Detects a list that never ends because of a fault of the PSP. The listing then fails with the reason, and does not run for ever. */
import { createEndlessError, createLoopError } from './read-list-response.js';
import type { TokenPage } from './listing.types.js';

/**
 * The maximum number of consecutive pages without a new row. With more such pages, the listing fails. Some are normal, because a PSP can
 * divide its rows into pages first and filter them afterwards.
 */
const MAX_PAGES_WITHOUT_NEW_ROWS = 1_000;

/**
 * The maximum number of consecutive pages whose rows were all read before. It is small, so that the listing fails with this reason before the
 * time limit of its page has passed. A list into which rows are inserted while it is read repeats some rows, but never so many pages.
 */
const MAX_PAGES_OF_KNOWN_ROWS = 20;

/**
 * The maximum number of row ids that are remembered. It limits the memory for a long list. When it is reached, all ids are forgotten, and
 * every row counts as new again.
 */
const MAX_REMEMBERED_IDS = 50_000;

/**
 * Finds out whether a list never ends. The listing adds each page of one reading of the list, in the order in which the pages were
 * requested.
 */
export class EndlessListDetector<Row> {
  private readonly tokens = new Set<string>();
  private readonly ids = new Set<string>();
  private pagesWithoutNewRows = 0;
  private pagesOfKnownRows = 0;

  /**
   * Creates a detector for one reading of a list.
   * @param getId returns the PSP's id of a row. If it is absent, every row counts as new, so only pages without rows are counted
   * @param tokens the tokens of pages that were already read
   */
  constructor(
    private readonly getId?: (row: Row) => string,
    tokens: Iterable<string> = [],
  ) {
    for (const token of tokens) this.tokens.add(token);
  }

  /**
   * Adds the next page.
   * @throws PspError `unavailable` if the token in the page leads to a page that was read before
   * @throws PspError `unavailable` if another page follows although the last 1 000 pages had no new row, or the last 20 pages had rows that
   * were all read before
   */
  addPage({ rows, next }: TokenPage<Row>): void {
    const hasNewRow = this.hasNewRow(rows);
    this.pagesWithoutNewRows = hasNewRow ? 0 : this.pagesWithoutNewRows + 1;
    this.pagesOfKnownRows = hasNewRow || rows.length === 0 ? 0 : this.pagesOfKnownRows + 1;
    if (next === undefined) return;
    if (this.tokens.has(next)) throw createLoopError(next);
    this.tokens.add(next);
    if (this.pagesOfKnownRows > MAX_PAGES_OF_KNOWN_ROWS)
      throw createEndlessError(`${this.pagesOfKnownRows} pages with rows that were all read before`);
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
