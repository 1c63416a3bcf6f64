/** Runs one connector of the plugin against a fake, with a feed in memory. It pulls as the gateway's sync does, but without a store. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { isRefusal, MIRROR, PSP, transactionToWire } from '@tributary/connector-api';
import type {
  Beneficiary,
  Finding,
  Mirror,
  Psp,
  Refusal,
  Stream,
  Transaction,
} from '@tributary/connector-api';
import { HTTP_CLOCK } from '@tributary/connector-api/http';
import { plainToInstance } from 'class-transformer';
import { mollie } from '../index.js';
import { MollieSettings } from '../mollie.config.js';
import { TOKEN } from '../mollie.fake.js';
import type { FakeMollie } from '../mollie.fake.js';

/** A clock whose `sleep` returns immediately and advances the time. */
export class QuickClock {
  time = Date.UTC(2026, 0, 15);
  now(): number {
    return this.time;
  }
  async sleep(milliseconds: number): Promise<void> {
    this.time += milliseconds;
  }
}

export class MollieTrial implements Mirror {
  /** The latest version of every transaction, in the order in which the ids first appeared. */
  readonly transactions = new Map<string, Transaction>();
  readonly beneficiaries = new Map<string, Beneficiary>();
  readonly refusals: Refusal[] = [];
  readonly findings: Finding[] = [];
  readonly clock = new QuickClock();
  cursor: string | undefined;
  /** Cursor of the beneficiaries. */
  beneficiariesCursor: string | undefined;
  /** Number of row versions that the feed did not have yet. */
  news = 0;
  largestCursor = 0;
  largestPage = 0;

  private constructor(private app: INestApplicationContext | undefined) {}

  static async open(fake: FakeMollie, settings: Partial<MollieSettings> = {}): Promise<MollieTrial> {
    const trial = new MollieTrial(undefined);
    const values = plainToInstance(MollieSettings, { accessToken: TOKEN, url: fake.url, ...settings });
    class Connector {}
    Module({
      providers: [
        { provide: MollieSettings, useValue: values },
        { provide: MIRROR, useValue: trial },
        { provide: HTTP_CLOCK, useValue: trial.clock },
        { provide: PSP, useClass: mollie.psp },
        ...(mollie.providers ?? []),
      ],
    })(Connector);
    trial.app = await NestFactory.createApplicationContext(Connector, { logger: false });
    return trial;
  }

  get psp(): Psp {
    if (this.app === undefined) throw new Error('the trial was not opened');
    return this.app.get<Psp>(PSP);
  }

  /** Pulls transactions until caught up. Items that arrived before an error are kept. */
  async sync(): Promise<void> {
    for await (const page of this.psp.transactions(this.cursor)) {
      for (const item of page.items) this.take(item);
      this.findings.push(...(page.findings ?? []));
      this.cursor = page.cursor;
      this.largestCursor = Math.max(this.largestCursor, page.cursor.length);
      this.largestPage = Math.max(this.largestPage, page.items.length);
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
        if (isRefusal(item)) this.refusals.push(item);
        else this.beneficiaries.set(item.id, item);
        ids.push(item.id);
      }
      this.beneficiariesCursor = page.cursor;
    }
    return ids;
  }

  latest(stream: Stream, ids: readonly string[]): ReturnType<Mirror['latest']> {
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

  private take(item: Transaction | Refusal): void {
    if (isRefusal(item)) {
      this.refusals.push(item);
      return;
    }
    const known = this.transactions.get(item.id);
    if (known === undefined || transactionToWire(known).content !== transactionToWire(item).content)
      this.news += 1;
    this.transactions.set(item.id, item);
  }
}

/** Returns the sum of an account's rows by asset: incoming minus outgoing amounts. */
export function sumOf(rows: Iterable<Transaction>, accountId: string): Record<string, bigint> {
  const sums: Record<string, bigint> = {};
  for (const { amount, sourceAccountId, destinationAccountId } of rows) {
    const sum = sums[amount.asset] ?? 0n;
    if (destinationAccountId === accountId) sums[amount.asset] = sum + amount.amount;
    if (sourceAccountId === accountId) sums[amount.asset] = sum - amount.amount;
  }
  return sums;
}
