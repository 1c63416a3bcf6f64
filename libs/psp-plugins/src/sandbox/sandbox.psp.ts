/**
 * The plugin of the sandbox; `sandbox.client.ts` simulates its PSP. It creates a gap-free listing from an API that lists newest first,
 * publishes rows late, changes rows silently and has no filter for changes.
 *
 * It reads transactions in time windows, oldest window first. A window is small enough to be held in memory and reversed. Rows younger than
 * `changesWithin` can still appear or change, so the cursor never passes them and the next listing reads them again. The feed ignores
 * versions that it already has. A listing therefore costs only the new rows and the rows that are not final yet.
 */
import { Inject, Injectable } from '@nestjs/common';
import {
  formatTime,
  type Account,
  type Balances,
  type Beneficiary,
  type Cursor,
  type DataWarning,
  type Order,
  type OrderResult,
  type Page,
  type PspClient,
  type RejectedRecord,
  type Transaction,
} from '@tributary/connector-api';
import { getOldestListedTime, SandboxClient, type ListPage } from './sandbox.client.js';
import { SANDBOX_CLOCK, type Clock } from './sandbox.clock.js';
import { SandboxSettings } from './sandbox.config.js';
import {
  toAccount,
  toBalances,
  toBeneficiary,
  toOrderResult,
  toTransaction,
  toPaymentRequest,
} from './sandbox.mapper.js';
import { getOpenedAt } from './sandbox.simulator.js';

const SECOND = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Maximum pages per window. A window with more pages is abandoned, and a shorter one is read. */
const MAX_WINDOW_PAGES = 10;

@Injectable()
export class SandboxPsp implements PspClient {
  readonly createPayout?: (order: Order) => Promise<OrderResult>;
  readonly createTransfer?: (order: Order) => Promise<OrderResult>;
  readonly findOrder?: (order: Order) => Promise<OrderResult | undefined>;

  constructor(
    private readonly settings: SandboxSettings,
    private readonly client: SandboxClient,
    @Inject(SANDBOX_CLOCK) private readonly clock: Clock,
  ) {
    // Without a journal the PSP cannot detect repeated orders, so it must not accept any.
    if (settings.journal === undefined) return;
    this.createPayout = this.createTransfer = async (order) =>
      toOrderResult(await client.createPayment(toPaymentRequest(order)));
    this.findOrder = async ({ idempotencyKey }) => {
      const payment = await client.findPayment(idempotencyKey);
      return payment && toOrderResult(payment);
    };
  }

  accounts(since?: Cursor): AsyncIterable<Page<Account>> {
    return listByCount((after) => this.client.accounts(after), toAccount, this.settings.accounts, since);
  }

  beneficiaries(since?: Cursor): AsyncIterable<Page<Beneficiary>> {
    const { beneficiaries } = this.settings;
    return listByCount((after) => this.client.beneficiaries(after), toBeneficiary, beneficiaries, since);
  }

  async *transactions(since?: Cursor): AsyncGenerator<Page<Transaction>> {
    const now = this.clock();
    const opened = getOpenedAt(this.settings);
    const end = floorToSecond(now) + SECOND;
    let { from, spanMs } = since === undefined ? { from: opened, spanMs: DAY } : parseCursor(since);
    // Computed once at the start: rows that were not final then can change after their window was read.
    const resume = Math.max(from, floorToSecond(now - this.settings.changesWithin));
    const warnings =
      since === undefined ? [] : warnOfUnlistedPeriod(from, getOldestListedTime(this.settings, now));
    const begun = from;
    const maxRows = MAX_WINDOW_PAGES * this.settings.pageSize;
    while (from < end) {
      const to = Math.min(from + spanMs, end);
      const rows = await this.readWindow(from, to, to - from > SECOND ? maxRows : Infinity);
      if (rows === undefined) {
        spanMs = Math.ceil((to - from) / 2 / SECOND) * SECOND;
        continue;
      }
      if (rows.length < maxRows / 4 && to < end) spanMs *= 2;
      // Without new rows, the cursor advances only once an hour, because each page is a database transaction.
      if (rows.length > 0 || (to === end && resume - begun >= HOUR)) {
        yield {
          items: rows.map(toTransaction),
          warnings,
          cursor: serializeCursor({ from: Math.min(to, resume), spanMs }),
          progress: {
            done: Math.floor((to - opened) / DAY),
            total: Math.floor((end - opened) / DAY),
            unit: 'days',
          },
        };
      }
      from = to;
    }
  }

  async balances(accountId: string): Promise<Balances> {
    return toBalances(accountId, await this.client.balances(accountId));
  }

  /** @returns the rows of one window, oldest first, or `undefined` if there are more than `maxRows`. */
  private async readWindow(from: number, to: number, maxRows: number): Promise<unknown[] | undefined> {
    const rows: unknown[] = [];
    let page: ListPage | undefined;
    do {
      page = await this.client.transactions(from, to, page?.next);
      rows.push(...page.rows);
      if (rows.length > maxRows) return undefined;
    } while (page.next !== undefined);
    return this.settings.newestFirst ? rows.reverse() : rows;
  }
}

/** Returns a warning if the PSP may have listed and removed rows since the last sync. */
function warnOfUnlistedPeriod(from: number, oldest: number): DataWarning[] {
  if (from >= oldest) return [];
  const [since, until] = [formatTime(from), formatTime(oldest)];
  return [
    {
      id: `not-listed-any-more-since-${since}`,
      message:
        `transactions between ${since} and ${until} may be missing: the last sync is longer ago than the PSP lists them. ` +
        'Sync more often than its setting "listsDays" forgets.',
    },
  ];
}

/** Reads a listing that only grows at its end. The cursor is the number of rows read. */
async function* listByCount<T extends object>(
  list: (after: number) => Promise<ListPage>,
  read: (row: unknown) => T | RejectedRecord,
  total: number,
  since: Cursor | undefined,
): AsyncGenerator<Page<T>> {
  let done = since === undefined ? 0 : parseCountCursor(since);
  let more = true;
  while (more) {
    const { rows, next } = await list(done);
    if (rows.length === 0) return;
    done += rows.length;
    more = next !== undefined;
    yield { items: rows.map(read), cursor: String(done), progress: { done, total, unit: 'rows' } };
  }
}

/** Decoded cursor: the start of the next window (ms since 1970) and the window length (ms). */
interface ListingCursor {
  from: number;
  spanMs: number;
}

function serializeCursor({ from, spanMs }: ListingCursor): Cursor {
  return `${from}/${spanMs}`;
}

function parseCursor(cursor: Cursor): ListingCursor {
  const [, from, span] = /^(-?\d{1,15})\/(\d{4,15})$/.exec(cursor) ?? rejectForeignCursor(cursor);
  return { from: Number(from), spanMs: Number(span) };
}

function parseCountCursor(cursor: Cursor): number {
  return /^\d{1,9}$/.test(cursor) ? Number(cursor) : rejectForeignCursor(cursor);
}

function rejectForeignCursor(cursor: Cursor): never {
  throw new Error(
    `the cursor ${JSON.stringify(cursor.slice(0, 64))} was not written by the plugin sandbox: was the connector another plugin before?`,
  );
}

function floorToSecond(time: number): number {
  return Math.floor(time / SECOND) * SECOND;
}
