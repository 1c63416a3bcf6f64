/** Collects extracted records into pages of limited size. */
import { performance } from 'node:perf_hooks';
import { isRejectedRecord } from '@tributary/connector-api';
import type { Balances, Cursor, DataWarning, Page, RejectedRecord } from '@tributary/connector-api';
import type { PullProgress } from './pull-progress.js';

/**
 * The number of items from which a page is complete. One step adds at most the same number of items, so a page has less than twice this
 * number.
 */
export const MAX_ITEMS_PER_STEP = 250;
/**
 * The maximum number of files per page. Even if files contain no new records, a page is committed after this number, so that the files are
 * not read again after a restart.
 */
const MAX_FILES_PER_PAGE = 200;
/**
 * The time in ms after which a page is yielded although it is not full, e.g. because the file contains no records of this stream. The
 * gateway waits 60 s for a page.
 */
const MAX_PAGE_MS = 10_000;

/** The result of one step of reading a file. */
export interface ExtractionStep<T> {
  items: (T | RejectedRecord)[];
  warnings?: DataWarning[];
  resolvedIds?: string[];
  balances?: Balances[];
  /** The number of bytes of the current file that were read so far. */
  bytesRead?: number;
  /** True if the page must be yielded at once, although it is not full. */
  endsPage?: boolean;
}

export class PageBuilder<T extends object> {
  private items: (T | RejectedRecord)[] = [];
  private warnings = new Map<string, DataWarning>();
  private resolvedIds = new Set<string>();
  private balances = new Map<string, Balances>();
  private files = 0;
  private committed: Cursor;
  private endsPage = false;
  private pageStartedAt = performance.now();
  private finishedBytes = 0;
  private currentBytes = 0;

  constructor(
    private readonly progress: PullProgress,
    private readonly totalBytes: number,
  ) {
    this.committed = progress.serialize();
  }

  add({
    items,
    warnings = [],
    resolvedIds = [],
    balances = [],
    bytesRead,
    endsPage = false,
  }: ExtractionStep<T>): void {
    this.endsPage ||= endsPage;
    this.currentBytes = bytesRead ?? this.currentBytes;
    for (const item of items) {
      this.items.push(item);
      if (isRejectedRecord(item)) this.resolvedIds.delete(item.id);
    }
    for (const id of resolvedIds) {
      this.resolvedIds.add(id);
      this.warnings.delete(id);
    }
    for (const warning of warnings) {
      this.warnings.set(warning.id, warning);
      this.resolvedIds.delete(warning.id);
    }
    for (const balance of balances) this.balances.set(balance.accountId, balance);
  }

  endFile(bytes: number): void {
    this.files++;
    this.finishedBytes += bytes;
    this.currentBytes = 0;
  }

  isFull(): boolean {
    return (
      this.endsPage ||
      this.items.length >= MAX_ITEMS_PER_STEP ||
      this.files >= MAX_FILES_PER_PAGE ||
      performance.now() - this.pageStartedAt >= MAX_PAGE_MS
    );
  }

  /** Yields the collected page with its cursor. If nothing has changed, no page is yielded. */
  *flush(): Generator<Page<T>> {
    const cursor = this.progress.serialize();
    const { items, warnings, resolvedIds, balances } = this;
    const done = Math.min(this.finishedBytes + this.currentBytes, this.totalBytes);
    const isNews = cursor !== this.committed || items.length + warnings.size + resolvedIds.size > 0;
    this.items = [];
    this.warnings = new Map();
    this.resolvedIds = new Set();
    this.balances = new Map();
    this.files = 0;
    this.endsPage = false;
    this.committed = cursor;
    this.pageStartedAt = performance.now();
    if (!isNews) return;
    yield {
      items,
      cursor,
      progress: { done, total: this.totalBytes, unit: 'bytes' },
      ...(balances.size > 0 && { balances: [...balances.values()] }),
      ...(warnings.size > 0 && { warnings: [...warnings.values()] }),
      ...(resolvedIds.size > 0 && { resolvedIds: [...resolvedIds] }),
    };
  }
}
