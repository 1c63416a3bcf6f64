/**
 * The simulated PSP's API, as unpleasant as the real ones: times in whole seconds, newest first if it likes, no filter on what
 * changed, rows that turn up late, pages that must be walked with a token, outages. Nothing in here helps the plugin.
 */
import { setTimeout } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { assetOf, formatAmount, formatTime, PspError, type Money } from '@tributary/connector-api';
import { SandboxSettings } from './sandbox.config.js';
import { draw, Topic } from './sandbox.random.js';
import { accountIndex, accountRow, beneficiaryRow, transactionRow, type Row } from './sandbox.rows.js';
import { openedAt, World } from './sandbox.world.js';

/** Milliseconds since 1970. */
export type Clock = () => number;
export const CLOCK = Symbol('CLOCK');

export interface Listing {
  rows: unknown[];
  /** Absent on the last page. */
  next?: string;
}

/** An outage lasts so long, milliseconds. */
const OUTAGE = 5000;
const DAY = 86_400_000;

@Injectable()
export class SandboxClient {
  private readonly world: World;

  constructor(
    private readonly settings: SandboxSettings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.world = new World(settings);
  }

  /** `GET /accounts`, oldest first. @param after how many rows to pass over */
  async accounts(after: number): Promise<Listing> {
    await this.answer();
    return this.slice(after, this.settings.accounts, (index) =>
      accountRow(this.settings, index, openedAt(this.settings)),
    );
  }

  /** `GET /beneficiaries`, oldest first. @param after how many rows to pass over */
  async beneficiaries(after: number): Promise<Listing> {
    await this.answer();
    return this.slice(after, this.settings.beneficiaries, (index) =>
      beneficiaryRow(this.settings, index, openedAt(this.settings)),
    );
  }

  /**
   * `GET /transactions`: those that carry a time from `from` up to, but not including, `to` (milliseconds since 1970).
   * @param token `next` of the page before
   */
  async transactions(from: number, to: number, token?: string): Promise<Listing> {
    const now = await this.answer();
    const first = this.world.createdBy(Math.max(from, listedSince(this.settings, now)) - 1);
    const end = this.world.createdBy(Math.min(to - 1, now));
    const { newestFirst, pageSize } = this.settings;
    const step = newestFirst ? -1 : 1;
    let number = token === undefined ? (newestFirst ? end - 1 : first) : Number(token) + step;
    if (!newestFirst) number = Math.max(number, first);
    const rows: Row[] = [];
    for (; number >= first && number < end; number += step) {
      const movement = this.world.movement(number, now);
      if (!movement) continue;
      if (rows.length === pageSize) return { rows, next: String(number - step) };
      rows.push(transactionRow(this.settings, movement));
    }
    return { rows };
  }

  /** `GET /accounts/{id}/balances`. @throws PspError `rejected` for an account that does not exist */
  async balances(id: string): Promise<Row> {
    const now = await this.answer();
    const account = accountIndex(this.settings, id);
    if (account === undefined) {
      throw new PspError('rejected', `the sandbox has no account ${JSON.stringify(id.slice(0, 64))}`, {
        status: 404,
      });
    }
    return { asOf: formatTime(now), held: this.world.balance(account, now).map(heldMoney) };
  }

  private slice(after: number, total: number, row: (index: number) => Row): Listing {
    const end = Math.min(total, after + this.settings.pageSize);
    const rows = Array.from({ length: Math.max(0, end - after) }, (_, index) => row(after + index));
    return end < total ? { rows, next: String(end) } : { rows };
  }

  /** Takes its time, and fails when the PSP is down. @returns the time at the PSP */
  private async answer(): Promise<number> {
    const { latency, outages, seed } = this.settings;
    if (latency > 0) await setTimeout(latency);
    const now = this.clock();
    const piece = Math.floor(now / OUTAGE);
    if (outages > 0 && draw(seed, Topic.Outages, piece) < outages) {
      if (draw(seed, Topic.Outages, piece, 1) < 0.5) {
        throw new PspError('unavailable', 'the sandbox is down, as its setting "outages" asks for', {
          status: 503,
        });
      }
      throw new PspError('rate-limited', 'the sandbox has had too many requests, as "outages" asks for', {
        status: 429,
        retryAfter: (piece + 1) * OUTAGE - now,
      });
    }
    return now;
  }
}

/** The oldest time that the PSP still lists, milliseconds since 1970. */
export function listedSince({ listsDays }: SandboxSettings, now: number): number {
  return listsDays === 0 ? -Infinity : now - listsDays * DAY;
}

function heldMoney(money: Money): Row {
  const currency = money.asset.split('/')[0];
  return { currency, amount: formatAmount({ ...money, asset: assetOf(currency ?? '') }) };
}
