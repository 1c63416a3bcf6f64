/** Collects extracted records into pages of a limited size. */
import { isRefusal } from '@tributary/connector-api';
import type { Balances, Cursor, Finding, Page, Refusal } from '@tributary/connector-api';
import type { Progress } from './cursor.js';

/**
 * A page is complete when it has this number of items. A step adds at most as many, so a page has less than
 * twice this number.
 */
export const STEP_SIZE = 250;
/**
 * Maximum number of files per page. Files without new records are committed too, so that a restart does not
 * read them again.
 */
const FILES_PER_PAGE = 200;

/** Result of one step of reading a file. */
export interface Step<T> {
  items: (T | Refusal)[];
  findings?: Finding[];
  cleared?: string[];
  balances?: Balances[];
  /** Number of bytes read of the current file. */
  bytes?: number;
}

export class PageBuilder<T extends object> {
  private items: (T | Refusal)[] = [];
  private findings = new Map<string, Finding>();
  private cleared = new Set<string>();
  private balances = new Map<string, Balances>();
  private files = 0;
  private committed: Cursor;
  private finishedBytes = 0;
  private currentBytes = 0;

  constructor(
    private readonly progress: Progress,
    private readonly totalBytes: number,
  ) {
    this.committed = progress.save();
  }

  add({ items, findings = [], cleared = [], balances = [], bytes }: Step<T>): void {
    this.currentBytes = bytes ?? this.currentBytes;
    for (const item of items) {
      this.items.push(item);
      if (isRefusal(item)) this.cleared.delete(item.id);
    }
    for (const id of cleared) {
      this.cleared.add(id);
      this.findings.delete(id);
    }
    for (const finding of findings) {
      this.findings.set(finding.id, finding);
      this.cleared.delete(finding.id);
    }
    for (const balance of balances) this.balances.set(balance.accountId, balance);
  }

  endFile(bytes: number): void {
    this.files++;
    this.finishedBytes += bytes;
    this.currentBytes = 0;
  }

  isFull(): boolean {
    return this.items.length >= STEP_SIZE || this.files >= FILES_PER_PAGE;
  }

  /** Yields the collected page with its cursor. Yields nothing if there is no change. */
  *flush(): Generator<Page<T>> {
    const cursor = this.progress.save();
    const { items, findings, cleared, balances } = this;
    const done = Math.min(this.finishedBytes + this.currentBytes, this.totalBytes);
    const isNews = cursor !== this.committed || items.length + findings.size + cleared.size > 0;
    this.items = [];
    this.findings = new Map();
    this.cleared = new Set();
    this.balances = new Map();
    this.files = 0;
    this.committed = cursor;
    if (!isNews) return;
    yield {
      items,
      cursor,
      progress: { done, total: this.totalBytes, unit: 'bytes' },
      ...(balances.size > 0 && { balances: [...balances.values()] }),
      ...(findings.size > 0 && { findings: [...findings.values()] }),
      ...(cleared.size > 0 && { cleared: [...cleared] }),
    };
  }
}
