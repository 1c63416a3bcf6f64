/**
 * Measures the processor time that the completeness check adds to a sync: of this process and, with PostgreSQL, of the server processes of
 * its connections. The same pulls run with and without the check, in alternating rounds. The result is a ratio of processor time, because
 * wall-clock time depends on the load of the machine. It is the median over groups of rounds, for two reasons: other programs disturb single
 * rounds, and the check stores its state only in every fifth round.
 * Options: `-- --short` uses fewer rounds, `--sqlite` or `--postgres` selects one database.
 */
import {
  serializeTransaction,
  type Page,
  type PspClient,
  type SerializedRecord,
  type Transaction,
} from '@tributary/connector-api';
import { openStore, type Store } from '@tributary/feed';
import { SyncEngine, type SyncConnector } from '@tributary/sync';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { PostgresServer } from '../libs/feed/src/testing/postgres-server.js';
import { measureUsage, sumCpuMs } from './cpu-usage.js';
import { findRatios, pickQuantile, sumGroups } from './round-ratios.js';

const ROUNDS = process.argv.includes('--short') ? 100 : 600;
/** The first rounds are not counted, because V8 still compiles the code in these rounds. */
const WARM_UP_ROUNDS = 20;
/** The number of rounds whose processor time is added up. In each group, the check stores its state once. */
const ROUNDS_PER_GROUP = 5;
const PAGES_PER_PULL = 5;
const ROWS_PER_PAGE = 100;
const ACCOUNTS = 10;
/** The maximum ratio of the processor time of a sync with the check to that of a sync without the check. */
const MAX_RATIO = 1.05;
const FIRST_ROW_AT = Date.UTC(2024, 0, 1);
const SECOND_MS = 1000;

/** A PSP that books 500 rows before each pull and returns the balances of its accounts. */
class BenchPsp implements PspClient {
  private readonly amounts = new Array<bigint>(ACCOUNTS).fill(0n);
  private booked = 0;
  private pages: Transaction[][] = [];

  bookRows(): void {
    this.pages = Array.from({ length: PAGES_PER_PULL }, () =>
      Array.from({ length: ROWS_PER_PAGE }, () => this.bookRow(this.booked++)),
    );
  }

  async *accounts(): AsyncGenerator<Page<{ id: string; name: string }>> {
    const at = new Date().toISOString();
    yield {
      items: this.amounts.map((_, index) => ({ id: `acc_${index}`, name: `Account ${index}` })),
      balances: this.amounts.map((amount, index) => ({
        accountId: `acc_${index}`,
        at,
        amounts: [{ amount, asset: 'EUR/2' }],
      })),
      cursor: 'all',
    };
  }

  async *transactions(): AsyncGenerator<Page<Transaction>> {
    const first = this.booked - PAGES_PER_PULL * ROWS_PER_PAGE;
    for (const [index, items] of this.pages.entries())
      yield { items, cursor: String(first + (index + 1) * ROWS_PER_PAGE) };
  }

  private bookRow(number: number): Transaction {
    const account = number % ACCOUNTS;
    this.amounts[account] = (this.amounts[account] ?? 0n) + BigInt(number);
    return {
      id: `tr_${number.toString(36)}`,
      createdAt: new Date(FIRST_ROW_AT + number * SECOND_MS).toISOString(),
      ...{ type: 'PAYIN', status: 'SUCCEEDED', destinationAccountId: `acc_${account}` },
      amount: { amount: BigInt(number), asset: 'EUR/2' },
      metadata: { 'com.bench.spec/end_to_end_id': `E2E-${number}` },
    };
  }
}

interface Contestant {
  psp: BenchPsp;
  engine: SyncEngine;
  path: string;
  /** The processor time in milliseconds of each counted round. */
  syncsMs: number[];
}

const directory = mkdtempSync(join(tmpdir(), 'tributary-completeness-'));
const isSelected = (option: string) =>
  process.argv.includes(option) || !['--sqlite', '--postgres'].some((each) => process.argv.includes(each));
try {
  if (isSelected('--sqlite')) {
    const createUrl = async (name: string) => `sqlite:${join(directory, `${name}.db`)}`;
    await compare('SQLite', createUrl, undefined);
  }
  if (isSelected('--postgres')) {
    const server = await PostgresServer.create();
    try {
      const createUrl = async (name: string) => {
        await server.createDatabase(name);
        return server.url(name);
      };
      await compare('PostgreSQL', createUrl, server.pid);
    } finally {
      await server.remove();
    }
  }
} finally {
  rmSync(directory, { recursive: true });
}

/**
 * Compares the two variants. Each variant has its own store, because two feeds in one store would have different costs. Rows of the feed
 * with the highest number are appended at the end of an index, and rows of the other feed are inserted before the end.
 * @param serverPid the process id of the database; `undefined` for a database inside this process
 */
async function compare(
  name: string,
  createUrl: (name: string) => Promise<string>,
  serverPid: number | undefined,
): Promise<void> {
  const [checkedStore, uncheckedStore] = [
    await openStore(await createUrl('checked')),
    await openStore(await createUrl('unchecked')),
  ];
  const contestants = [
    createContestant(checkedStore, 'checked'),
    createContestant(uncheckedStore, 'unchecked'),
  ];
  for (let round = 0; round < ROUNDS; round++) {
    // Each variant is the first in every second round, because the caches contain other data for the first variant than for the second.
    for (const contestant of round % 2 === 0 ? contestants : contestants.toReversed()) {
      contestant.psp.bookRows();
      const usage = await measureUsage(serverPid, async () => {
        const failed = (await contestant.engine.runOnce(contestant.path)).find(({ error }) => error);
        if (failed) throw new Error(`a pull failed: ${failed.error}`);
      });
      if (round >= WARM_UP_ROUNDS) contestant.syncsMs.push(sumCpuMs(usage));
    }
  }
  await assertChecked(checkedStore, uncheckedStore);
  for (const store of [checkedStore, uncheckedStore]) await store.close();
  const [checked = [], unchecked = []] = contestants.map(({ syncsMs }) =>
    sumGroups(syncsMs, ROUNDS_PER_GROUP),
  );
  const ratios = findRatios(checked, unchecked);
  const ratio = pickQuantile(ratios, 0.5);
  const verdict = ratio <= MAX_RATIO ? 'met' : 'NOT MET';
  const spread = `${pickQuantile(ratios, 0.25).toFixed(3)} to ${pickQuantile(ratios, 0.75).toFixed(3)}`;
  console.log(
    `${name}: sync with / without the completeness check ${ratio.toFixed(3)} of processor time (at most ${MAX_RATIO}: ${verdict}; half of the ${ratios.length} groups ${spread}; ${(pickQuantile(unchecked, 0.5) / ROUNDS_PER_GROUP).toFixed(1)} ms a sync without it)`,
  );
}

function createContestant(store: Store, path: 'checked' | 'unchecked'): Contestant {
  const psp = new BenchPsp();
  const isChecked = path === 'checked';
  const connector: SyncConnector = {
    ...{ path, client: psp, pullIntervalMs: 60_000 },
    completeness: isChecked
      ? { isComparable: true, opening: 'zero' }
      : { isComparable: false, reason: 'the contestant without the check' },
    // In both variants, this matcher serializes the records. Without the check, it leaves out their effects on balances, so that they are
    // not added up.
    transactionMatcher: {
      match: async (items) => ({
        unmatchedItems: [],
        records: items.map((item) => serialize(item, isChecked)),
      }),
    },
  };
  const limits = { completenessIntervalMs: 0, rowSampleIntervalMs: Infinity };
  const engine = new SyncEngine(store, [connector], { logger: pino({ level: 'silent' }), limits });
  return { psp, engine, path, syncsMs: [] };
}

/** Serializes a transaction. Both variants do the same work: the property is also assigned where it keeps its value. */
function serialize(item: unknown, hasEffects: boolean): SerializedRecord {
  const record = serializeTransaction(item as Transaction);
  return Object.assign(record, { balanceChange: hasEffects ? record.balanceChange : undefined });
}

/**
 * Checks that the completeness check ran and found no difference. Otherwise the benchmark would measure another case.
 * @throws Error if the check did not run or found a difference
 */
async function assertChecked(checkedStore: Store, uncheckedStore: Store): Promise<void> {
  const sums = await checkedStore.completeness('checked').list();
  const agreed = sums.filter(({ check }) => check.agreed !== undefined && !check.suspect && !check.gap);
  if (agreed.length !== ACCOUNTS || (await uncheckedStore.completeness('unchecked').list()).length > 0)
    throw new Error(`expected ${ACCOUNTS} accounts that agree, found ${agreed.length} of ${sums.length}`);
}
