/** Mounts the plugin in its own Nest module, as the gateway does, with a clock whose `sleep` returns immediately. */
import { NestFactory } from '@nestjs/core';
import type { Page, PspClient, RejectedRecord, Transaction } from '@tributary/connector-api';
import { isRejectedRecord, PSP_CLIENT, serializeTransaction } from '@tributary/connector-api';
import { HTTP_CLOCK } from '@tributary/connector-api/http';
import type { HttpClock } from '@tributary/connector-api/http';
import { revolutBusiness } from '../index.js';

export class FakeClock implements HttpClock {
  constructor(private time: number) {}

  now(): number {
    return this.time;
  }

  async sleep(milliseconds: number): Promise<void> {
    this.time += Math.max(0, milliseconds);
  }
}

export async function mountPlugin(
  settings: object,
  clock: HttpClock,
): Promise<{ psp: PspClient; close(): Promise<void> }> {
  const values = Object.assign(new revolutBusiness.settings(), settings);
  const app = await NestFactory.createApplicationContext(
    {
      module: class Connector {},
      providers: [
        { provide: revolutBusiness.settings, useValue: values },
        { provide: HTTP_CLOCK, useValue: clock },
        { provide: PSP_CLIENT, useClass: revolutBusiness.psp },
        ...(revolutBusiness.providers ?? []),
      ],
    },
    { logger: false },
  );
  return { psp: app.get<PspClient>(PSP_CLIENT), close: () => app.close() };
}

/** Stores the content of a feed: the latest version of every record, and the number of new versions. */
export class TestFeed {
  readonly rows = new Map<string, Transaction>();
  readonly rejected = new Map<string, RejectedRecord>();
  readonly warnings: string[] = [];
  cursor: string | undefined;
  /** The number of new versions in the last pull. */
  newVersionCount = 0;
  pageCount = 0;
  private readonly content = new Map<string, string>();

  /**
   * Pulls the transactions.
   * @param maxPages the number of pages after which the pull stops, as in a crash
   */
  async pull(psp: PspClient, maxPages = Infinity): Promise<void> {
    [this.newVersionCount, this.pageCount] = [0, 0];
    for await (const page of psp.transactions(this.cursor)) {
      this.applyPage(page);
      this.pageCount += 1;
      if (this.pageCount >= maxPages) return;
    }
  }

  private applyPage({ items, cursor, warnings = [] }: Page<Transaction>): void {
    for (const item of items) {
      if (isRejectedRecord(item)) {
        this.rejected.set(item.id, item);
        continue;
      }
      const { id, content } = serializeTransaction(item);
      if (this.content.get(id) === content) continue;
      this.newVersionCount += 1;
      this.content.set(id, content);
      this.rows.set(id, item);
    }
    this.warnings.push(...warnings.map(({ message }) => message));
    this.cursor = cursor;
  }

  /** Returns the sum of each account's rows, in minor units, by account and asset. */
  computeSums(): Map<string, bigint> {
    const sums = new Map<string, bigint>();
    const add = (account: string | undefined, asset: string, amount: bigint) => {
      if (account === undefined) return;
      sums.set(`${account} ${asset}`, (sums.get(`${account} ${asset}`) ?? 0n) + amount);
    };
    for (const { status, amount, sourceAccountId, destinationAccountId } of this.rows.values()) {
      if (!['SUCCEEDED', 'REFUNDED', 'REFUND_REVERSED'].includes(status)) continue;
      add(sourceAccountId, amount.asset, -amount.amount);
      add(destinationAccountId, amount.asset, amount.amount);
    }
    return sums;
  }
}

/** Returns the pages of a listing. */
export async function collectPages<T>(listing: AsyncIterable<Page<T>>): Promise<Page<T>[]> {
  const pages: Page<T>[] = [];
  for await (const page of listing) pages.push(page);
  return pages;
}
