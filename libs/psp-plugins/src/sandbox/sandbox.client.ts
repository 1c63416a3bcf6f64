/**
 * The simulated PSP's API, with the difficulties of real ones: times in whole seconds, optionally newest first, no filter for changed
 * rows, late rows, pages with tokens, outages.
 */
import { setTimeout } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { assetOf, formatAmount, formatTime, PspError, type Money } from '@tributary/connector-api';
import { CLOCK, type Clock } from './sandbox.clock.js';
import { SandboxSettings } from './sandbox.config.js';
import { Desk, type PaymentRequest } from './sandbox.desk.js';
import { Journal } from './sandbox.journal.js';
import { merge, type Listed } from './sandbox.listing.js';
import type { Entry, Place, Window } from './sandbox.ledger.js';
import { balanceOf } from './sandbox.payments.js';
import { draw, Topic } from './sandbox.random.js';
import {
  accountIndex,
  accountRow,
  beneficiaryRow,
  entryRow,
  transactionRow,
  type Row,
} from './sandbox.rows.js';
import type { State } from './sandbox.slots.js';
import { openedAt, World, type Movement } from './sandbox.world.js';

export interface Listing {
  rows: unknown[];
  /** Absent on the last page. */
  next?: string;
}

type ListedMovement = Listed<number> & { movement: Movement };
type ListedEntry = Listed<Place> & { entry: Entry; state: State };

/** Position after a page: its last row from each of the two sources. `undefined` if there was none yet. */
interface Last {
  number?: number;
  entry?: Place;
}

/** Duration of an outage. */
const OUTAGE = 5000;
const DAY = 86_400_000;

@Injectable()
export class SandboxClient {
  private readonly journal: Journal | undefined;
  private readonly desk: Desk | undefined;

  constructor(
    private readonly settings: SandboxSettings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    if (settings.journal === undefined) return;
    this.journal = new Journal(settings.journal);
    this.desk = new Desk(settings, clock, this.journal);
  }

  /** `GET /accounts`, oldest first. @param after number of rows to skip */
  async accounts(after: number): Promise<Listing> {
    await this.answer();
    return this.slice(after, this.settings.accounts, (index) =>
      accountRow(this.settings, index, openedAt(this.settings)),
    );
  }

  /** `GET /beneficiaries`, oldest first. @param after number of rows to skip */
  async beneficiaries(after: number): Promise<Listing> {
    await this.answer();
    return this.slice(after, this.settings.beneficiaries, (index) =>
      beneficiaryRow(this.settings, index, openedAt(this.settings)),
    );
  }

  /**
   * `GET /transactions`: one page of the rows with a timestamp in [`from`, `to`), in ms since 1970.
   * @param token `next` of the previous page
   */
  async transactions(from: number, to: number, token?: string): Promise<Listing> {
    const now = await this.answer();
    const window: Window = { from: Math.max(from, listedSince(this.settings, now)), to, now };
    let last = readToken(token);
    const listing = merge(
      this.activity(window, last.number),
      this.payments(window, last.entry),
      this.settings.newestFirst,
    );
    const rows: Row[] = [];
    for (const listed of listing) {
      if (rows.length === this.settings.pageSize) return { rows, next: writeToken(last) };
      if ('movement' in listed) {
        rows.push(transactionRow(this.settings, listed.movement));
        last = { ...last, number: listed.place };
      } else {
        rows.push(entryRow(this.settings, listed.entry, listed.state));
        last = { ...last, entry: listed.place };
      }
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
    const activity = new World(this.settings).balance(account, now);
    const ordered = balanceOf(this.journal?.ledger().payments ?? [], id, now);
    const held = activity.map(({ amount, asset }) => ({
      amount: amount + (ordered.find((other) => other.asset === asset)?.amount ?? 0n),
      asset,
    }));
    return { asOf: formatTime(now), held: held.map(heldMoney) };
  }

  /** `POST /payouts` and `POST /transfers`. @throws PspError according to the attempt's fault */
  async pay(request: PaymentRequest): Promise<Row> {
    await this.answer();
    return this.openDesk().pay(request);
  }

  /** `GET /payments?key=…`. @returns `undefined` if there is no such payment */
  async payment(key: string): Promise<Row | undefined> {
    await this.answer();
    return this.openDesk().find(key);
  }

  private openDesk(): Desk {
    if (this.desk) return this.desk;
    throw new PspError('rejected', 'the sandbox takes no orders: its setting "journal" is missing', {
      status: 404,
    });
  }

  /** Lists the simulated activity after the transaction number `last`. */
  private *activity({ from, to, now }: Window, last: number | undefined): Generator<ListedMovement> {
    const world = new World(this.settings);
    const first = world.createdBy(from - 1);
    const end = world.createdBy(Math.min(to - 1, now));
    const { newestFirst } = this.settings;
    const step = newestFirst ? -1 : 1;
    let number = last === undefined ? (newestFirst ? end - 1 : first) : last + step;
    if (!newestFirst) number = Math.max(number, first);
    for (; number >= first && number < end; number += step) {
      const movement = world.movement(number, now);
      if (movement) yield { created: movement.created, place: number, movement };
    }
  }

  /** Lists the payments of orders after the position `last`. */
  private *payments(window: Window, last: Place | undefined): Generator<ListedEntry> {
    if (!this.journal) return;
    for (const [entry, state] of this.journal.ledger().list(window, this.settings.newestFirst, last)) {
      yield { created: entry.created, place: entry, entry, state };
    }
  }

  private slice(after: number, total: number, row: (index: number) => Row): Listing {
    const end = Math.min(total, after + this.settings.pageSize);
    const rows = Array.from({ length: Math.max(0, end - after) }, (_, index) => row(after + index));
    return end < total ? { rows, next: String(end) } : { rows };
  }

  /** Simulates latency and outages. @returns the time at the PSP. @throws PspError during an outage */
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

/** Returns the oldest timestamp that the PSP still lists, ms since 1970. */
export function listedSince({ listsDays }: SandboxSettings, now: number): number {
  return listsDays === 0 ? -Infinity : now - listsDays * DAY;
}

function writeToken({ number, entry }: Last): string {
  return [number, entry?.created, entry?.rank].join('/');
}

function readToken(token = ''): Last {
  const [number, created, rank] = token.split('/').map((text) => (text === '' ? undefined : Number(text)));
  return { number, entry: created === undefined || rank === undefined ? undefined : { created, rank } };
}

function heldMoney(money: Money): Row {
  const currency = money.asset.split('/')[0];
  return { currency, amount: formatAmount({ ...money, asset: assetOf(currency ?? '') }) };
}
