/**
 * The simulated PSP's API. It has the difficulties of real PSPs: times in whole seconds, optionally newest rows first, no filter for
 * changed rows, late rows, pages with tokens, outages.
 */
import { setTimeout } from 'node:timers/promises';
import { currencyToAsset, formatAmount, formatTime, PspError, type Money } from '@tributary/connector-api';
import type { SandboxClock } from './simulator-clock.js';
import type { SandboxSettings } from '../sandbox.config.js';
import { OrderEndpoint, type PaymentRequest } from './order-endpoint.js';
import { OrderJournal } from './order-journal.js';
import { mergeByTime, type ListedRow } from './merge-by-time.js';
import type { TimelineEntry, TimelinePosition, TimeWindow } from './payment-index.js';
import { sumBalanceEffects } from './payment-state.js';
import { getRandomFraction, RandomTopic } from './stateless-random.js';
import {
  parseAccountIndex,
  createAccountRow,
  createBeneficiaryRow,
  createOrderPaymentRow,
  createTransactionRow,
  type SandboxRow,
} from './response-rows.js';
import type { TransactionState } from './movement-cycle.js';
import { getOpenedAt, ActivitySimulator, type Movement } from './activity-simulator.js';

export interface ListPage {
  rows: unknown[];
  /** The token of the next page. Absent on the last page. */
  next?: string;
}

type ListedMovement = ListedRow<number> & { movement: Movement };
type ListedEntry = ListedRow<TimelinePosition> & { entry: TimelineEntry; state: TransactionState };

/** The position after a page, i.e. the last row of each of the two sources. It is `undefined` for a source without rows so far. */
interface PagePosition {
  transactionNumber?: number;
  entryPosition?: TimelinePosition;
}

/** The duration of an outage in ms. */
const OUTAGE_MS = 5000;
const DAY = 86_400_000;

export class SimulatedApi {
  private readonly journal: OrderJournal | undefined;
  private readonly orderEndpoint: OrderEndpoint | undefined;

  constructor(
    private readonly settings: SandboxSettings,
    private readonly clock: SandboxClock,
  ) {
    if (settings.journal === undefined) return;
    this.journal = new OrderJournal(settings.journal);
    this.orderEndpoint = new OrderEndpoint(settings, clock, this.journal);
  }

  /**
   * `GET /accounts`: returns accounts, oldest first.
   * @param after the number of rows to skip
   */
  async accounts(after: number, signal?: AbortSignal): Promise<ListPage> {
    await this.simulateRequest(signal);
    return this.createPage(after, this.settings.accounts, (index) =>
      createAccountRow(this.settings, index, getOpenedAt(this.settings)),
    );
  }

  /**
   * `GET /beneficiaries`: returns beneficiaries, oldest first.
   * @param after the number of rows to skip
   */
  async beneficiaries(after: number, signal?: AbortSignal): Promise<ListPage> {
    await this.simulateRequest(signal);
    return this.createPage(after, this.settings.beneficiaries, (index) =>
      createBeneficiaryRow(this.settings, index, getOpenedAt(this.settings)),
    );
  }

  /**
   * `GET /transactions`: returns one page of the rows with a timestamp in [`from`, `to`), in ms since 1970.
   * @param token `next` of the previous page
   */
  async transactions(from: number, to: number, token?: string, signal?: AbortSignal): Promise<ListPage> {
    const now = await this.simulateRequest(signal);
    const window: TimeWindow = { from: Math.max(from, getOldestListedTime(this.settings, now)), to, now };
    let last = parseToken(token);
    const listing = mergeByTime(
      this.listActivity(window, last.transactionNumber),
      this.listOrderPayments(window, last.entryPosition),
      this.settings.newestFirst,
    );
    const rows: SandboxRow[] = [];
    for (const listed of listing) {
      if (rows.length === this.settings.pageSize) return { rows, next: serializeToken(last) };
      if ('movement' in listed) {
        rows.push(createTransactionRow(this.settings, listed.movement));
        last = { ...last, transactionNumber: listed.position };
      } else {
        rows.push(createOrderPaymentRow(this.settings, listed.entry, listed.state));
        last = { ...last, entryPosition: listed.position };
      }
    }
    return { rows };
  }

  /**
   * `GET /accounts/{id}/balances`: returns the balances of an account.
   * @throws PspError `rejected` for an account that does not exist
   */
  async balances(id: string): Promise<SandboxRow> {
    const now = await this.simulateRequest();
    const account = parseAccountIndex(this.settings, id);
    if (account === undefined) {
      throw new PspError('rejected', `the sandbox has no account ${JSON.stringify(id.slice(0, 64))}`, {
        status: 404,
      });
    }
    const activity = new ActivitySimulator(this.settings).getBalances(account, now);
    const ordered = sumBalanceEffects(this.journal?.getTimeline().payments ?? [], id, now);
    const held = activity.map(({ amount, asset }) => ({
      amount:
        amount +
        (ordered.find((other) => other.asset === asset)?.amount ?? 0n) +
        BigInt(this.settings.balanceError),
      asset,
    }));
    return { asOf: formatTime(now), held: held.map(toHeldRow) };
  }

  /**
   * `POST /payouts` and `POST /transfers`: submits an order.
   * @throws PspError according to the fault of the attempt
   */
  async createPayment(request: PaymentRequest): Promise<SandboxRow> {
    await this.simulateRequest();
    return this.requireOrderEndpoint().submit(request);
  }

  /**
   * `GET /payments?key=…`: looks up a payment.
   * @returns `undefined` if there is no such payment
   */
  async findPayment(key: string): Promise<SandboxRow | undefined> {
    await this.simulateRequest();
    return this.requireOrderEndpoint().find(key);
  }

  private requireOrderEndpoint(): OrderEndpoint {
    if (this.orderEndpoint) return this.orderEndpoint;
    throw new PspError('rejected', 'the sandbox takes no orders: its setting "journal" is missing', {
      status: 404,
    });
  }

  /** Lists the simulated activity after the transaction number `last`. */
  private *listActivity({ from, to, now }: TimeWindow, last: number | undefined): Generator<ListedMovement> {
    const simulator = new ActivitySimulator(this.settings);
    const first = simulator.countCreatedBy(from - 1);
    const end = simulator.countCreatedBy(Math.min(to - 1, now));
    const { newestFirst } = this.settings;
    const step = newestFirst ? -1 : 1;
    let number = last === undefined ? (newestFirst ? end - 1 : first) : last + step;
    if (!newestFirst) number = Math.max(number, first);
    for (; number >= first && number < end; number += step) {
      const movement = simulator.getMovement(number, now);
      if (movement && !this.isLost(number))
        yield { createdAt: movement.createdAt, position: number, movement };
    }
  }

  /** Returns true if the PSP omits the transaction from its listing because of the setting "lostRows". */
  private isLost(number: number): boolean {
    const { lostRows, seed } = this.settings;
    return lostRows > 0 && getRandomFraction(seed, RandomTopic.Lost, number) < lostRows;
  }

  /** Lists the payments of orders after the position `last`. */
  private *listOrderPayments(window: TimeWindow, last: TimelinePosition | undefined): Generator<ListedEntry> {
    if (!this.journal) return;
    for (const [entry, state] of this.journal.getTimeline().list(window, this.settings.newestFirst, last)) {
      yield { createdAt: entry.createdAt, position: entry, entry, state };
    }
  }

  private createPage(after: number, total: number, row: (index: number) => SandboxRow): ListPage {
    const end = Math.min(total, after + this.settings.pageSize);
    const rows = Array.from({ length: Math.max(0, end - after) }, (_, index) => row(after + index));
    return end < total ? { rows, next: String(end) } : { rows };
  }

  /**
   * Simulates latency and outages.
   * @returns the time at the PSP
   * @throws PspError during an outage
   * @throws the reason of `signal` if the signal is aborted
   */
  private async simulateRequest(signal?: AbortSignal): Promise<number> {
    const { latency, outages, seed } = this.settings;
    signal?.throwIfAborted();
    if (latency > 0) await setTimeout(latency, undefined, signal ? { signal } : {});
    const now = this.clock();
    const intervalIndex = Math.floor(now / OUTAGE_MS);
    if (outages > 0 && getRandomFraction(seed, RandomTopic.Outages, intervalIndex) < outages) {
      if (getRandomFraction(seed, RandomTopic.Outages, intervalIndex, 1) < 0.5) {
        throw new PspError('unavailable', 'the sandbox is down, as its setting "outages" asks for', {
          status: 503,
        });
      }
      throw new PspError('rate-limited', 'the sandbox has had too many requests, as "outages" asks for', {
        status: 429,
        retryAfterMs: (intervalIndex + 1) * OUTAGE_MS - now,
      });
    }
    return now;
  }
}

/** Returns the oldest timestamp that the PSP still lists, in ms since 1970. */
export function getOldestListedTime({ listsDays }: SandboxSettings, now: number): number {
  return listsDays === 0 ? -Infinity : now - listsDays * DAY;
}

function serializeToken({ transactionNumber, entryPosition }: PagePosition): string {
  return [transactionNumber, entryPosition?.createdAt, entryPosition?.rank].join('/');
}

function parseToken(token = ''): PagePosition {
  const [transactionNumber, createdAt, rank] = token
    .split('/')
    .map((text) => (text === '' ? undefined : Number(text)));
  return {
    transactionNumber,
    entryPosition: createdAt === undefined || rank === undefined ? undefined : { createdAt, rank },
  };
}

function toHeldRow(money: Money): SandboxRow {
  const currency = money.asset.split('/')[0];
  return { currency, amount: formatAmount({ ...money, asset: currencyToAsset(currency ?? '') }) };
}
