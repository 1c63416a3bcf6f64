/**
 * The plugin half of the sandbox. It creates a gap-free listing from an API that lists newest first, publishes rows late, changes rows
 * silently and has no filter for changes.
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
  type Finding,
  type Order,
  type OrderResult,
  type Page,
  type Psp,
  type Refusal,
  type Transaction,
} from '@tributary/connector-api';
import { listedSince, SandboxClient, type Listing } from './sandbox.client.js';
import { CLOCK, type Clock } from './sandbox.clock.js';
import { SandboxSettings } from './sandbox.config.js';
import {
  readAccount,
  readBalances,
  readBeneficiary,
  readPayment,
  readTransaction,
  writePayment,
} from './sandbox.mapper.js';
import { openedAt } from './sandbox.world.js';

const SECOND = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Maximum pages per window. A window with more pages is abandoned, and a shorter one is read. */
const LONGEST_WINDOW = 10;

@Injectable()
export class SandboxPsp implements Psp {
  readonly createPayout?: (order: Order) => Promise<OrderResult>;
  readonly createTransfer?: (order: Order) => Promise<OrderResult>;
  readonly findOrder?: (order: Order) => Promise<OrderResult | undefined>;

  constructor(
    private readonly settings: SandboxSettings,
    private readonly client: SandboxClient,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    // Without a journal the PSP cannot detect repeated orders, so it must not accept any.
    if (settings.journal === undefined) return;
    this.createPayout = this.createTransfer = async (order) =>
      readPayment(await client.pay(writePayment(order)));
    this.findOrder = async ({ key }) => {
      const payment = await client.payment(key);
      return payment && readPayment(payment);
    };
  }

  accounts(since?: Cursor): AsyncIterable<Page<Account>> {
    return listed((after) => this.client.accounts(after), readAccount, this.settings.accounts, since);
  }

  beneficiaries(since?: Cursor): AsyncIterable<Page<Beneficiary>> {
    const { beneficiaries } = this.settings;
    return listed((after) => this.client.beneficiaries(after), readBeneficiary, beneficiaries, since);
  }

  async *transactions(since?: Cursor): AsyncGenerator<Page<Transaction>> {
    const now = this.clock();
    const opened = openedAt(this.settings);
    const end = wholeSecond(now) + SECOND;
    let { from, span } = since === undefined ? { from: opened, span: DAY } : readPlace(since);
    // Computed once at the start: rows that were not final then can change after their window was read.
    const resume = Math.max(from, wholeSecond(now - this.settings.changesWithin));
    const forgotten = since === undefined ? [] : findForgotten(from, listedSince(this.settings, now));
    const begun = from;
    const most = LONGEST_WINDOW * this.settings.pageSize;
    while (from < end) {
      const to = Math.min(from + span, end);
      const rows = await this.window(from, to, to - from > SECOND ? most : Infinity);
      if (rows === undefined) {
        span = Math.ceil((to - from) / 2 / SECOND) * SECOND;
        continue;
      }
      if (rows.length < most / 4 && to < end) span *= 2;
      // Without new rows, the cursor advances only once an hour, because each page is a database transaction.
      if (rows.length > 0 || (to === end && resume - begun >= HOUR)) {
        yield {
          items: rows.map(readTransaction),
          findings: forgotten,
          cursor: writePlace({ from: Math.min(to, resume), span }),
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
    return readBalances(accountId, await this.client.balances(accountId));
  }

  /** @returns the rows of one window, oldest first, or `undefined` if there are more than `maxRows`. */
  private async window(from: number, to: number, most: number): Promise<unknown[] | undefined> {
    const rows: unknown[] = [];
    let page: Listing | undefined;
    do {
      page = await this.client.transactions(from, to, page?.next);
      rows.push(...page.rows);
      if (rows.length > most) return undefined;
    } while (page.next !== undefined);
    return this.settings.newestFirst ? rows.reverse() : rows;
  }
}

/** Returns a warning if the PSP may have listed and removed rows since the last sync. */
function findForgotten(from: number, oldest: number): Finding[] {
  if (from >= oldest) return [];
  const [since, until] = [formatTime(from), formatTime(oldest)];
  return [
    {
      id: `not-listed-any-more-since-${since}`,
      found:
        `transactions between ${since} and ${until} may be missing: the last sync is longer ago than the PSP lists them. ` +
        'Sync more often than its setting "listsDays" forgets.',
    },
  ];
}

/** Reads a listing that only grows at its end. The cursor is the number of rows read. */
async function* listed<T extends object>(
  list: (after: number) => Promise<Listing>,
  read: (row: unknown) => T | Refusal,
  total: number,
  since: Cursor | undefined,
): AsyncGenerator<Page<T>> {
  let done = since === undefined ? 0 : readCount(since);
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
interface Place {
  from: number;
  span: number;
}

function writePlace({ from, span }: Place): Cursor {
  return `${from}/${span}`;
}

function readPlace(cursor: Cursor): Place {
  const [, from, span] = /^(-?\d{1,15})\/(\d{4,15})$/.exec(cursor) ?? foreign(cursor);
  return { from: Number(from), span: Number(span) };
}

function readCount(cursor: Cursor): number {
  return /^\d{1,9}$/.test(cursor) ? Number(cursor) : foreign(cursor);
}

function foreign(cursor: Cursor): never {
  throw new Error(
    `the cursor ${JSON.stringify(cursor.slice(0, 64))} was not written by the plugin sandbox: was the connector another plugin before?`,
  );
}

function wholeSecond(time: number): number {
  return Math.floor(time / SECOND) * SECOND;
}
