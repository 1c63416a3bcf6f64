/** Mounts the plugin in its own Nest module, as the gateway does, with a clock whose `sleep` returns immediately. */
import { NestFactory } from '@nestjs/core';
import type { Page, Psp, Refusal, Transaction } from '@tributary/connector-api';
import { isRefusal, PSP, transactionToWire } from '@tributary/connector-api';
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

export async function mount(
  settings: object,
  clock: HttpClock,
): Promise<{ psp: Psp; close(): Promise<void> }> {
  const values = Object.assign(new revolutBusiness.settings(), settings);
  const app = await NestFactory.createApplicationContext(
    {
      module: class Connector {},
      providers: [
        { provide: revolutBusiness.settings, useValue: values },
        { provide: HTTP_CLOCK, useValue: clock },
        { provide: PSP, useClass: revolutBusiness.psp },
        ...(revolutBusiness.providers ?? []),
      ],
    },
    { logger: false },
  );
  return { psp: app.get<Psp>(PSP), close: () => app.close() };
}

/** Stores what a feed would contain: the latest version of every record, and the number of new versions. */
export class Mirror {
  readonly rows = new Map<string, Transaction>();
  readonly refused = new Map<string, Refusal>();
  readonly findings: string[] = [];
  cursor: string | undefined;
  /** Number of new versions in the last pull. */
  versions = 0;
  pages = 0;
  private readonly content = new Map<string, string>();

  /**
   * Pulls the transactions.
   * @param most number of pages after which the pull stops, as in a crash
   */
  async pull(psp: Psp, most = Infinity): Promise<void> {
    [this.versions, this.pages] = [0, 0];
    for await (const page of psp.transactions(this.cursor)) {
      this.take(page);
      this.pages += 1;
      if (this.pages >= most) return;
    }
  }

  private take({ items, cursor, findings = [] }: Page<Transaction>): void {
    for (const item of items) {
      if (isRefusal(item)) {
        this.refused.set(item.id, item);
        continue;
      }
      const { id, content } = transactionToWire(item);
      if (this.content.get(id) === content) continue;
      this.versions += 1;
      this.content.set(id, content);
      this.rows.set(id, item);
    }
    this.findings.push(...findings.map(({ found }) => found));
    this.cursor = cursor;
  }

  /** Returns the sum of each account's rows, in minor units, by account and asset. */
  sums(): Map<string, bigint> {
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
export async function collect<T>(listing: AsyncIterable<Page<T>>): Promise<Page<T>[]> {
  const pages: Page<T>[] = [];
  for await (const page of listing) pages.push(page);
  return pages;
}
