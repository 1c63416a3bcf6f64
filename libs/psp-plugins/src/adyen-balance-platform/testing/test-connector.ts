/** Runs one connector of the plugin against a fake, with a feed in memory. It pulls as the gateway's sync does, but without a store. */
import { NestFactory } from '@nestjs/core';
import { FEED_READER, isRejectedRecord, PSP_CLIENT, serializeTransaction } from '@tributary/connector-api';
import type { FeedReader, PspClient, RejectedRecord, Stream, Transaction } from '@tributary/connector-api';
import { toBalanceEffects } from '@tributary/connector-api';
import { HTTP_CLOCK } from '@tributary/connector-api/http';
import { adyenBalancePlatform } from '../index.js';

/** A clock whose `sleep` returns immediately and advances the time. */
export class SleepSkippingClock {
  constructor(public time: number) {}

  now(): number {
    return this.time;
  }

  async sleep(milliseconds: number): Promise<void> {
    this.time += Math.max(0, milliseconds);
  }
}

export class AdyenTestConnector implements FeedReader {
  /** The latest version of every transaction, in the order in which the ids first appeared. */
  readonly transactions = new Map<string, Transaction>();
  readonly beneficiaries = new Map<string, { metadata: Record<string, string> }>();
  readonly rejected = new Map<string, RejectedRecord>();
  cursor: string | undefined;
  /** Number of row versions that the feed did not have yet. */
  newVersionCount = 0;
  maxCursorLength = 0;
  psp!: PspClient;
  close!: () => Promise<void>;

  static async open(settings: object, clock: SleepSkippingClock): Promise<AdyenTestConnector> {
    const connector = new AdyenTestConnector();
    const values = Object.assign(new adyenBalancePlatform.settings(), settings);
    const providers = [
      { provide: adyenBalancePlatform.settings, useValue: values },
      { provide: FEED_READER, useValue: connector },
      { provide: HTTP_CLOCK, useValue: clock },
      { provide: PSP_CLIENT, useClass: adyenBalancePlatform.psp },
      ...(adyenBalancePlatform.providers ?? []),
    ];
    const app = await NestFactory.createApplicationContext(
      { module: class Connector {}, providers },
      { logger: false },
    );
    connector.psp = app.get<PspClient>(PSP_CLIENT);
    connector.close = () => app.close();
    return connector;
  }

  /** Pulls transactions. @param maxPages number of pages after which the pull stops, as in a crash */
  async sync(maxPages = Infinity): Promise<void> {
    this.newVersionCount = 0;
    let pages = 0;
    for await (const page of this.psp.transactions(this.cursor)) {
      for (const item of page.items) this.applyItem(item);
      this.cursor = page.cursor;
      this.maxCursorLength = Math.max(this.maxCursorLength, page.cursor.length);
      if ((pages += 1) >= maxPages) return;
    }
  }

  async findLatest(stream: Stream, ids: readonly string[]): ReturnType<FeedReader['findLatest']> {
    const rows = stream === 'beneficiaries' ? this.beneficiaries : this.transactions;
    const found = ids.flatMap((id) => {
      const metadata = rows.get(id)?.metadata as Record<string, string> | undefined;
      return metadata === undefined ? [] : [[id, { metadata }] as const];
    });
    return new Map(found);
  }

  /** Returns what the rows did to the balance of an account, by asset. */
  sumEffects(accountId: string): Record<string, bigint> {
    const sums: Record<string, bigint> = {};
    for (const { type, status, amount, ...row } of this.transactions.values()) {
      const { sourceAccountId, destinationAccountId } = row;
      for (const effect of toBalanceEffects({
        type,
        status,
        ...amount,
        sourceAccountId,
        destinationAccountId,
      }))
        if (effect.accountId === accountId) sums[effect.asset] = (sums[effect.asset] ?? 0n) + effect.amount;
    }
    return sums;
  }

  private applyItem(item: Transaction | RejectedRecord): void {
    if (isRejectedRecord(item)) {
      this.rejected.set(item.id, item);
      return;
    }
    const known = this.transactions.get(item.id);
    if (known === undefined || serializeTransaction(known).content !== serializeTransaction(item).content)
      this.newVersionCount += 1;
    this.transactions.set(item.id, item);
  }
}
