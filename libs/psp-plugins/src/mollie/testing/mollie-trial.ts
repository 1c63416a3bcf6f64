/** One connector of the plugin against a fake, with a feed in memory: what a sync of the gateway does, without its store. */
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

/** Waits cost nothing. */
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
  /** The latest version of every transaction, in the order in which the first ones came. */
  readonly transactions = new Map<string, Transaction>();
  readonly beneficiaries = new Map<string, Beneficiary>();
  readonly refusals: Refusal[] = [];
  readonly findings: Finding[] = [];
  readonly clock = new QuickClock();
  cursor: string | undefined;
  /** Of the beneficiaries. */
  beneficiariesCursor: string | undefined;
  /** Versions of rows that were new to the feed. */
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

  /** Transactions until caught up; what was taken before an error stays taken. */
  async sync(): Promise<void> {
    for await (const page of this.psp.transactions(this.cursor)) {
      for (const item of page.items) this.take(item);
      this.findings.push(...(page.findings ?? []));
      this.cursor = page.cursor;
      this.largestCursor = Math.max(this.largestCursor, page.cursor.length);
      this.largestPage = Math.max(this.largestPage, page.items.length);
    }
  }

  /** @returns the ids that it brought, in their order */
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

/** What an account's rows add up to, by asset: what came in less what went out. */
export function sumOf(rows: Iterable<Transaction>, accountId: string): Record<string, bigint> {
  const sums: Record<string, bigint> = {};
  for (const { amount, sourceAccountId, destinationAccountId } of rows) {
    const sum = sums[amount.asset] ?? 0n;
    if (destinationAccountId === accountId) sums[amount.asset] = sum + amount.amount;
    if (sourceAccountId === accountId) sums[amount.asset] = sum - amount.amount;
  }
  return sums;
}
