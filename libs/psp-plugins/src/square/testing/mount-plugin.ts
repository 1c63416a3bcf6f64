/**
 * Mounts the plugin in its own Nest module, as the gateway does. The `sleep` of the clock returns immediately, and the feed is in memory.
 */
import { NestFactory } from '@nestjs/core';
import type { FeedReader, Page, PspClient, RejectedRecord, Transaction } from '@tributary/connector-api';
import { FEED_READER, isRejectedRecord, PSP_CLIENT, serializeTransaction } from '@tributary/connector-api';
import { HTTP_CLOCK } from '@tributary/connector-api/http';
import type { HttpClock } from '@tributary/connector-api/http';
import { square } from '../index.js';

export class FakeClock implements HttpClock {
  constructor(private time: number) {}

  now(): number {
    return this.time;
  }

  async sleep(milliseconds: number): Promise<void> {
    this.time += Math.max(0, milliseconds);
  }
}

/**
 * Mounts the plugin.
 * @param feed the feed that the plugin reads
 */
export async function mountPlugin(
  settings: object,
  clock: HttpClock,
  feed: TestFeed,
): Promise<{ psp: PspClient; close(): Promise<void> }> {
  const app = await NestFactory.createApplicationContext(
    {
      module: class Connector {},
      providers: [
        { provide: square.settings, useValue: Object.assign(new square.settings(), settings) },
        { provide: HTTP_CLOCK, useValue: clock },
        { provide: FEED_READER, useValue: feed },
        { provide: PSP_CLIENT, useClass: square.psp },
        ...(square.providers ?? []),
      ],
    },
    { logger: false },
  );
  return { psp: app.get<PspClient>(PSP_CLIENT), close: () => app.close() };
}

/** Stores what a feed of transactions would contain: the latest version of every record. New versions are counted. */
export class TestFeed implements FeedReader {
  readonly rows = new Map<string, Transaction>();
  readonly rejected = new Map<string, RejectedRecord>();
  /** The messages of all warnings, also of those that were resolved later. */
  readonly warnings: string[] = [];
  /** The ids of the warnings that are not resolved. */
  readonly openWarnings = new Set<string>();
  cursor: string | undefined;
  /** The number of new versions in the last pull. */
  newVersionCount = 0;
  pageCount = 0;
  private readonly content = new Map<string, string>();

  findLatest: FeedReader['findLatest'] = async (_stream, ids) =>
    new Map(
      ids.flatMap((id) => {
        const row = this.rows.get(id);
        return row === undefined
          ? []
          : [[id, { metadata: {}, status: row.status, transaction: row }] as const];
      }),
    );

  /**
   * Pulls the transactions.
   * @param maxPages the number of pages after which the pull stops, as after a crash
   */
  async pull(psp: PspClient, maxPages = Infinity): Promise<void> {
    [this.newVersionCount, this.pageCount] = [0, 0];
    for await (const page of psp.transactions(this.cursor)) {
      this.applyPage(page);
      this.pageCount += 1;
      if (this.pageCount >= maxPages) return;
    }
  }

  private applyPage({ items, cursor, warnings = [], resolvedIds = [] }: Page<Transaction>): void {
    for (const id of resolvedIds) {
      this.openWarnings.delete(id);
      this.rejected.delete(id);
    }
    for (const item of items) {
      if (isRejectedRecord(item)) {
        this.rejected.set(item.id, item);
        continue;
      }
      this.rejected.delete(item.id);
      const { id, content } = serializeTransaction(item);
      if (this.content.get(id) === content) continue;
      this.newVersionCount += 1;
      this.content.set(id, content);
      this.rows.set(id, item);
    }
    this.warnings.push(...warnings.map(({ message }) => message));
    for (const { id } of warnings) this.openWarnings.add(id);
    this.cursor = cursor;
  }

  /** Returns the sum of the rows of each given account, in minor units. */
  computeSums(accountIds: readonly string[]): Record<string, bigint> {
    const sums: Record<string, bigint> = {};
    for (const { status, amount, sourceAccountId: from, destinationAccountId: to } of this.rows.values()) {
      if (!['SUCCEEDED', 'REFUNDED', 'REFUND_REVERSED'].includes(status)) continue;
      if (from !== undefined) sums[from] = (sums[from] ?? 0n) - amount.amount;
      if (to !== undefined) sums[to] = (sums[to] ?? 0n) + amount.amount;
    }
    return Object.fromEntries(accountIds.map((id) => [id, sums[id] ?? 0n]));
  }
}

/** Returns the pages of a listing. */
export async function collectPages<T>(listing: AsyncIterable<Page<T>>): Promise<Page<T>[]> {
  const pages: Page<T>[] = [];
  for await (const page of listing) pages.push(page);
  return pages;
}
