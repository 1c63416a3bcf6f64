/** Runs one connector of the plugin against a fake, with a feed in memory. It pulls like the gateway, but without a database. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { isRejectedRecord, FEED_READER, PSP_CLIENT, serializeTransaction } from '@tributary/connector-api';
import type {
  Beneficiary,
  DataWarning,
  FeedReader,
  PspClient,
  RejectedRecord,
  Stream,
  Transaction,
} from '@tributary/connector-api';
import { HTTP_CLOCK } from '@tributary/connector-api/http';
import { plainToInstance } from 'class-transformer';
import { mollie } from '../index.js';
import { MollieSettings } from '../mollie.config.js';
import { FAKE_ACCESS_TOKEN } from '../mollie.fake.js';
import type { FakeMollie } from '../mollie.fake.js';

/** A clock whose `sleep` returns immediately and advances the time. */
export class SleepSkippingClock {
  time = Date.UTC(2026, 0, 15);
  now(): number {
    return this.time;
  }
  async sleep(milliseconds: number): Promise<void> {
    this.time += milliseconds;
  }
}

export class MollieTestConnector implements FeedReader {
  /** The latest version of every transaction, by id. The order is that in which the ids first appeared. */
  readonly transactions = new Map<string, Transaction>();
  readonly beneficiaries = new Map<string, Beneficiary>();
  readonly rejected: RejectedRecord[] = [];
  readonly warnings: DataWarning[] = [];
  readonly clock = new SleepSkippingClock();
  cursor: string | undefined;
  /** The cursor of the beneficiaries. */
  beneficiariesCursor: string | undefined;
  /** The number of row versions that the feed did not contain before. */
  newVersionCount = 0;
  maxCursorLength = 0;
  maxPageItems = 0;

  private constructor(private app: INestApplicationContext | undefined) {}

  static async open(fake: FakeMollie, settings: Partial<MollieSettings> = {}): Promise<MollieTestConnector> {
    const trial = new MollieTestConnector(undefined);
    const values = plainToInstance(MollieSettings, {
      accessToken: FAKE_ACCESS_TOKEN,
      url: fake.url,
      ...settings,
    });
    class Connector {}
    Module({
      providers: [
        { provide: MollieSettings, useValue: values },
        { provide: FEED_READER, useValue: trial },
        { provide: HTTP_CLOCK, useValue: trial.clock },
        { provide: PSP_CLIENT, useClass: mollie.psp },
        ...(mollie.providers ?? []),
      ],
    })(Connector);
    trial.app = await NestFactory.createApplicationContext(Connector, { logger: false });
    return trial;
  }

  get psp(): PspClient {
    if (this.app === undefined) throw new Error('the trial was not opened');
    return this.app.get<PspClient>(PSP_CLIENT);
  }

  /** Pulls the transactions until no more are left. Items that arrived before an error are kept. */
  async sync(): Promise<void> {
    for await (const page of this.psp.transactions(this.cursor)) {
      for (const item of page.items) this.applyItem(item);
      this.warnings.push(...(page.warnings ?? []));
      this.cursor = page.cursor;
      this.maxCursorLength = Math.max(this.maxCursorLength, page.cursor.length);
      this.maxPageItems = Math.max(this.maxPageItems, page.items.length);
    }
  }

  /**
   * Pulls the beneficiaries.
   * @returns their ids, in the order of the listing
   */
  async syncBeneficiaries(): Promise<string[]> {
    const ids: string[] = [];
    for await (const page of this.psp.beneficiaries!(this.beneficiariesCursor)) {
      for (const item of page.items) {
        if (isRejectedRecord(item)) this.rejected.push(item);
        else this.beneficiaries.set(item.id, item);
        ids.push(item.id);
      }
      this.beneficiariesCursor = page.cursor;
    }
    return ids;
  }

  findLatest(stream: Stream, ids: readonly string[]): ReturnType<FeedReader['findLatest']> {
    const found = ids.flatMap((id) => {
      const row = stream === 'beneficiaries' ? this.beneficiaries.get(id) : this.transactions.get(id);
      if (row === undefined) return [];
      const metadata = (row.metadata ?? {}) as Record<string, string>;
      return [[id, { metadata, ...('status' in row && { status: row.status }) }] as const];
    });
    return Promise.resolve(new Map(found));
  }

  async close(): Promise<void> {
    await this.app?.close();
  }

  private applyItem(item: Transaction | RejectedRecord): void {
    if (isRejectedRecord(item)) {
      this.rejected.push(item);
      return;
    }
    const known = this.transactions.get(item.id);
    if (known === undefined || serializeTransaction(known).content !== serializeTransaction(item).content)
      this.newVersionCount += 1;
    this.transactions.set(item.id, item);
  }
}

/** Returns the sum of an account's rows by asset: incoming minus outgoing amounts. */
export function sumByAsset(rows: Iterable<Transaction>, accountId: string): Record<string, bigint> {
  const sums: Record<string, bigint> = {};
  for (const { amount, sourceAccountId, destinationAccountId } of rows) {
    const sum = sums[amount.asset] ?? 0n;
    if (destinationAccountId === accountId) sums[amount.asset] = sum + amount.amount;
    if (sourceAccountId === accountId) sums[amount.asset] = sum - amount.amount;
  }
  return sums;
}
