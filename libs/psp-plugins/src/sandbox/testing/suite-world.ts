/** Fixture for the inherited suite: the sandbox's API over rows that the suite adds, with the sandbox's own order endpoint. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatTime } from '@tributary/connector-api';
import type { PspWorld, TransactionWish, WorldOptions } from '@tributary/connector-api/testing';
import { SandboxClient, type Listing } from '../sandbox.client.js';
import { CLOCK } from '../sandbox.clock.js';
import { SandboxSettings } from '../sandbox.config.js';
import { accountRow, beneficiaryRow, type Row } from '../sandbox.rows.js';
import { readPayments } from './payments.js';

const DAY = 86_400_000;
const LARGEST_PAGE = 100;
const QUIET = { transactions: 0, activityPerMinute: 0, oddIds: 0 };

export function openSandboxWorld({ clock, pageSize }: WorldOptions): PspWorld {
  const directory = mkdtempSync(join(tmpdir(), 'sandbox-'));
  const journal = join(directory, 'orders.jsonl');
  const rows = new ChosenRows();
  return {
    settings: {
      ...QUIET,
      journal,
      start: formatTime(clock.now() - 20 * DAY).replace('.000', ''),
      pageSize: pageSize === 'one' ? 1 : LARGEST_PAGE,
    },
    providers: [
      { provide: CLOCK, useValue: () => clock.now() },
      {
        provide: SandboxClient,
        inject: [SandboxSettings],
        useFactory: (settings: SandboxSettings) => new ChosenClient(settings, () => clock.now(), rows),
      },
    ],
    largestPage: LARGEST_PAGE,
    manners: { late: 600_000, changes: 600_000 },
    add: (wish) => rows.add(wish),
    change: (id) => rows.change(id),
    vanish: (id) => rows.vanish(id),
    addBroken: (at) => rows.addBroken(at),
    addAccount: () => `acc-${++rows.accounts}`,
    addBeneficiary: () => `ben-${++rows.beneficiaries}`,
    orders: {
      payout: { sourceAccountId: 'acc-1', destinationAccountId: 'ben-1' },
      transfer: { sourceAccountId: 'acc-1', destinationAccountId: 'acc-2' },
      refused: { destinationAccountId: 'nobody' },
      paid: () => readPayments(journal, Infinity).map(({ key, amount }) => ({ key, amount })),
    },
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}

class ChosenRows {
  accounts = 3;
  beneficiaries = 5;
  transactions: Row[] = [];
  private count = 0;

  add({ at, amount, currency, direction, state }: TransactionWish): string {
    const id = `tx-${++this.count}`;
    const parties = direction === 'in' ? { to: 'acc-1' } : { from: 'acc-1', to: 'ben-1' };
    this.transactions.push({
      ...{ id, reference: id, created: formatTime(at), amount, currency, ...parties },
      kind: direction === 'in' ? 'payin' : 'payout',
      state: state === 'open' ? 'pending' : 'completed',
    });
    return id;
  }

  change(id: string): void {
    for (const row of this.transactions) if (row.id === id) row.state = 'completed';
  }

  vanish(id: string): void {
    this.transactions = this.transactions.filter((row) => row.id !== id);
  }

  addBroken(at: number): void {
    this.transactions.push({ id: `tx-${++this.count}`, created: formatTime(at), state: 'maybe' });
  }
}

/** Lists the rows that the suite added, and the payments of orders as the real client does. */
class ChosenClient extends SandboxClient {
  constructor(
    private readonly given: SandboxSettings,
    clock: () => number,
    private readonly chosen: ChosenRows,
  ) {
    super(given, clock);
  }

  override async accounts(after: number): Promise<Listing> {
    const rows = Array.from({ length: this.chosen.accounts }, (_, index) => accountRow(this.given, index, 0));
    return this.page(rows, after);
  }

  override async beneficiaries(after: number): Promise<Listing> {
    const rows = Array.from({ length: this.chosen.beneficiaries }, (_, index) =>
      beneficiaryRow(this.given, index, 0),
    );
    return this.page(rows, after);
  }

  override async transactions(from: number, to: number, token?: string): Promise<Listing> {
    const ordered: unknown[] = [];
    let page: Listing | undefined;
    do {
      page = await super.transactions(from, to, page?.next);
      ordered.push(...page.rows);
    } while (page.next !== undefined);
    const time = (row: Row) => Date.parse(String(row.created));
    const chosen = this.chosen.transactions.filter((row) => time(row) >= from && time(row) < to);
    const newestFirst = [...chosen, ...(ordered as Row[])]
      .map((row, index) => ({ row, index }))
      .sort((a, b) => time(b.row) - time(a.row) || b.index - a.index);
    return this.page(
      newestFirst.map(({ row }) => row),
      Number(token ?? 0),
    );
  }

  private page(rows: readonly Row[], after: number): Listing {
    const end = after + this.given.pageSize;
    return { rows: rows.slice(after, end), ...(end < rows.length && { next: String(end) }) };
  }
}
