/**
 * The fixture for the common test suite of all plugins. It combines the sandbox's API, which returns the rows that the suite adds, with the
 * sandbox's own endpoint for orders.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatTime } from '@tributary/connector-api';
import type {
  PspFixture,
  PspFixtureOptions,
  RelatedMovementInput,
  TransactionInput,
} from '@tributary/connector-api/testing';
import { SandboxClient } from '../sandbox.client.js';
import { SANDBOX_CLOCK } from '../simulator/simulator-clock.js';
import { SandboxSettings } from '../sandbox.config.js';
import { SimulatedApi, type ListPage } from '../simulator/simulated-api.js';
import { createAccountRow, createBeneficiaryRow, type SandboxRow } from '../simulator/response-rows.js';
import { readPayments } from './read-order-journal.js';

const DAY = 86_400_000;
const MAX_PAGE_SIZE = 100;
const QUIET_SETTINGS = { transactions: 0, activityPerMinute: 0, oddIds: 0 };

export function createSandboxFixture({ clock, pageSize }: PspFixtureOptions): PspFixture {
  const directory = mkdtempSync(join(tmpdir(), 'sandbox-'));
  const journal = join(directory, 'orders.jsonl');
  const rows = new InMemoryRows();
  return {
    settings: {
      ...QUIET_SETTINGS,
      journal,
      start: formatTime(clock.now() - 20 * DAY).replace('.000', ''),
      pageSize: pageSize === 'one' ? 1 : MAX_PAGE_SIZE,
    },
    providers: [
      { provide: SANDBOX_CLOCK, useValue: () => clock.now() },
      {
        provide: SandboxClient,
        inject: [SandboxSettings],
        useFactory: (settings: SandboxSettings) =>
          new SandboxClient(new InMemoryApi(settings, () => clock.now(), rows)),
      },
    ],
    maxPageSize: MAX_PAGE_SIZE,
    timings: { maxLatenessMs: 600_000, maxChangeAgeMs: 600_000 },
    addTransaction: (input) => rows.addTransaction(input),
    changeStatus: (id) => rows.changeStatus(id),
    removeTransaction: (id) => rows.removeTransaction(id),
    addMalformedRow: (at) => rows.addMalformedRow(at),
    addAccount: () => `acc-${++rows.accounts}`,
    addBeneficiary: () => `ben-${++rows.beneficiaries}`,
    movements: {
      refund: (input) => rows.addRelated({ ...input, kind: 'payin', from: 'acc-1' }),
      fee: (input) => rows.addRelated({ ...input, kind: 'fee', state: 'completed', from: 'acc-1' }),
      payoutReturn: (input) => rows.addRelated({ ...input, kind: 'payout', from: 'ben-1', to: 'acc-1' }),
      transfer: (input) =>
        rows.addRow({ ...input, kind: 'transfer', state: 'completed', from: 'acc-1', to: 'acc-2' }),
      inAccount: (account, input) => rows.addTransaction(input, account),
    },
    rowMetadata: ['reference'],
    orders: {
      payout: { sourceAccountId: 'acc-1', destinationAccountId: 'ben-1' },
      transfer: { sourceAccountId: 'acc-1', destinationAccountId: 'acc-2' },
      rejectedOrder: { destinationAccountId: 'nobody' },
      getPayments: () => readPayments(journal, Infinity).map(({ key, amount }) => ({ key, amount })),
    },
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}

class InMemoryRows {
  accounts = 3;
  beneficiaries = 5;
  transactions: SandboxRow[] = [];
  private count = 0;

  addTransaction({ at, amount, currency, direction, state }: TransactionInput, account = 'acc-1'): string {
    const parties = direction === 'in' ? { to: account } : { from: account, to: 'ben-1' };
    const kind = direction === 'in' ? 'payin' : 'payout';
    return this.addRow({
      ...{ at, amount, currency, kind, ...parties },
      state: state === 'open' ? 'pending' : 'completed',
    });
  }

  addRelated({ of, ...members }: RelatedMovementInput & SandboxRow): string {
    return this.addRow({ state: 'refunded', ...members, original: of });
  }

  addRow({ at, ...members }: SandboxRow & { at: number }): string {
    const id = `tx-${++this.count}`;
    this.transactions.push({ id, reference: id, created: formatTime(at), ...members });
    return id;
  }

  changeStatus(id: string): void {
    for (const row of this.transactions) if (row.id === id) row.state = 'completed';
  }

  removeTransaction(id: string): void {
    this.transactions = this.transactions.filter((row) => row.id !== id);
  }

  addMalformedRow(at: number): void {
    this.transactions.push({ id: `tx-${++this.count}`, created: formatTime(at), state: 'maybe' });
  }
}

/** An API that lists the rows that the suite has added. The payments of orders are listed as by the simulated PSP. */
class InMemoryApi extends SimulatedApi {
  constructor(
    private readonly sandboxSettings: SandboxSettings,
    clock: () => number,
    private readonly rows: InMemoryRows,
  ) {
    super(sandboxSettings, clock);
  }

  override async accounts(after: number): Promise<ListPage> {
    const rows = Array.from({ length: this.rows.accounts }, (_, index) =>
      createAccountRow(this.sandboxSettings, index, 0),
    );
    return this.slicePage(rows, after);
  }

  override async beneficiaries(after: number): Promise<ListPage> {
    const rows = Array.from({ length: this.rows.beneficiaries }, (_, index) =>
      createBeneficiaryRow(this.sandboxSettings, index, 0),
    );
    return this.slicePage(rows, after);
  }

  override async transactions(from: number, to: number, token?: string): Promise<ListPage> {
    const ordered: unknown[] = [];
    let page: ListPage | undefined;
    do {
      page = await super.transactions(from, to, page?.next);
      ordered.push(...page.rows);
    } while (page.next !== undefined);
    const time = (row: SandboxRow) => Date.parse(String(row.created));
    const chosen = this.rows.transactions.filter((row) => time(row) >= from && time(row) < to);
    const newestFirst = [...chosen, ...(ordered as SandboxRow[])]
      .map((row, index) => ({ row, index }))
      .sort((a, b) => time(b.row) - time(a.row) || b.index - a.index);
    return this.slicePage(
      newestFirst.map(({ row }) => row),
      Number(token ?? 0),
    );
  }

  private slicePage(rows: readonly SandboxRow[], after: number): ListPage {
    const end = after + this.sandboxSettings.pageSize;
    return { rows: rows.slice(after, end), ...(end < rows.length && { next: String(end) }) };
  }
}
