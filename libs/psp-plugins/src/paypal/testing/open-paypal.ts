/** Opens a connector of the plugin against the fake, with a feed in memory. It pulls as the gateway's sync does, but without a store. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FEED_READER, isRejectedRecord, PSP_CLIENT, serializeTransaction } from '@tributary/connector-api';
import type { FeedReader, PspClient, RejectedRecord, Stream, Transaction } from '@tributary/connector-api';
import { HTTP_CLOCK } from '@tributary/connector-api/http';
import { toStoredRecord } from '@tributary/connector-api/testing';
import { plainToInstance } from 'class-transformer';
import { paypal } from '../index.js';
import { PaypalSettings } from '../paypal.config.js';
import { PaypalFake } from '../paypal.fake.js';

/** A clock whose `sleep` returns immediately and advances the time. */
export class SleepSkippingClock {
  constructor(public time: number) {}
  now(): number {
    return this.time;
  }
  async sleep(milliseconds: number): Promise<void> {
    this.time += milliseconds;
  }
}

/** Contains what a feed would contain: the latest version of every transaction. As in the store, a version that was served before is not served again. */
export class PaypalTestFeed implements FeedReader {
  readonly rows = new Map<string, Transaction>();
  private readonly servedContents = new Set<string>();
  readonly rejected = new Map<string, RejectedRecord>();
  cursor: string | undefined;
  newVersionCount = 0;

  /**
   * Pulls transactions.
   * @param maxPages the number of pages after which the pull stops, as after a crash
   */
  async pull(psp: PspClient, maxPages = Infinity): Promise<void> {
    this.newVersionCount = 0;
    let pages = 0;
    for await (const { items, cursor } of psp.transactions(this.cursor)) {
      for (const item of items) this.add(item);
      this.cursor = cursor;
      pages += 1;
      if (pages >= maxPages) return;
    }
  }

  /** Removes everything, so that the feed of another release can be added. */
  clear(): void {
    this.rows.clear();
    this.servedContents.clear();
    this.cursor = undefined;
  }

  findLatest(_stream: Stream, ids: readonly string[]): ReturnType<FeedReader['findLatest']> {
    const found = ids.flatMap((id) => {
      const row = this.rows.get(id);
      return row === undefined ? [] : [[id, toStoredRecord(row)] as const];
    });
    return Promise.resolve(new Map(found));
  }

  /** Returns the sum of the account's rows in minor units, by asset. */
  computeSums(accountId: string): Record<string, bigint> {
    const sums: Record<string, bigint> = {};
    for (const { status, amount, sourceAccountId, destinationAccountId } of this.rows.values()) {
      if (!['SUCCEEDED', 'REFUNDED', 'REFUND_REVERSED'].includes(status)) continue;
      if (sourceAccountId === accountId) sums[amount.asset] = (sums[amount.asset] ?? 0n) - amount.amount;
      if (destinationAccountId === accountId) sums[amount.asset] = (sums[amount.asset] ?? 0n) + amount.amount;
    }
    return sums;
  }

  add(item: Transaction | RejectedRecord): void {
    if (isRejectedRecord(item)) {
      this.rejected.set(item.id, item);
      return;
    }
    const { content } = serializeTransaction(item);
    if (this.servedContents.has(content)) return;
    this.servedContents.add(content);
    this.newVersionCount += 1;
    this.rows.set(item.id, item);
  }
}

/** Starts the fake and a connector on it. `close` stops both. */
export async function openPaypal(now: number, settings: Partial<PaypalSettings> = {}) {
  const clock = new SleepSkippingClock(now);
  const fake = await PaypalFake.start(() => clock.now());
  const feed = new PaypalTestFeed();
  const values = plainToInstance(PaypalSettings, { ...fake.settings, ...settings });
  class Connector {}
  Module({
    providers: [
      { provide: PaypalSettings, useValue: values },
      { provide: FEED_READER, useValue: feed },
      { provide: HTTP_CLOCK, useValue: clock },
      { provide: PSP_CLIENT, useClass: paypal.psp },
      ...(paypal.providers ?? []),
    ],
  })(Connector);
  const app = await NestFactory.createApplicationContext(Connector, { logger: false });
  const close = async () => {
    await app.close();
    await fake.server.close();
  };
  return { clock, fake, feed, psp: app.get<PspClient>(PSP_CLIENT), close };
}
