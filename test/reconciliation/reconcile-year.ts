/**
 * Writes a simulated year with faults into a store and a ledger, runs the policy, and compares the breaks with the faults. A break is a
 * difference that reconciliation reports.
 */
import { serializeTransaction } from '@tributary/connector-api';
import { getCurrentProcess, openStore, type Store } from '@tributary/feed';
import { runPolicy, streamBreaks, verifyRun, type Break, type RunResult } from '@tributary/reconciliation';
import { MemoryLedger } from '../../libs/reconciliation/src/testing/memory-ledger.js';
import { seedFaults, type ExpectedBreak } from './seed-faults.js';
import { createPolicy, simulateYear, YEAR_END, type Booking, type SimulatedYear } from './simulated-year.js';

const PAGE_ROWS = 1000;

export interface ReconciledYear {
  first: RunResult;
  /** The found breaks, sorted, each as `class rows bookings`. */
  found: string[];
  expected: string[];
  /** The result of comparing the first run with its repetition at the same cuts, i.e. at the same input positions. */
  repetition: string | undefined;
  /** The run after the late bookings have arrived. */
  second: RunResult;
  lateFaults: number;
}

/**
 * Runs the simulated year.
 * @param rows approximate number of rows of the PSPs
 * @param faults number of faults of each kind
 */
export async function reconcileYear(
  url: string,
  rows: number,
  faults: number,
  seed: number,
): Promise<ReconciledYear> {
  const store = await openStore(url, () => YEAR_END);
  try {
    const year = simulateYear(rows, seed);
    const expected = seedFaults(year, faults, seed + 1);
    await appendRows(store, year);
    const ledger = new MemoryLedger();
    const ids = new Map<Booking, number>();
    year.bookings.sort((a, b) => a.at - b.at);
    for (const booking of year.bookings) if (booking.at <= YEAR_END) book(ledger, ids, booking);
    const policy = createPolicy(year, ledger.name);
    const first = await runPolicy(store, policy, { ledger }, YEAR_END);
    const found = await listFound(store, first);
    for (const booking of year.bookings) if (booking.at > YEAR_END) book(ledger, ids, booking);
    const second = await runPolicy(store, policy, { ledger }, YEAR_END);
    const repository = store.reconciliation();
    const stored = (await repository.findRun(first.id))!;
    return {
      ...{ first, found, second, repetition: await verifyRun(repository, stored) },
      expected: expected.map((each) => toText(each, ids)).sort(),
      lateFaults: expected.filter(({ fault }) => fault === 'late').length,
    };
  } finally {
    await store.close();
  }
}

async function appendRows(store: Store, { accounts, rows }: SimulatedYear): Promise<void> {
  rows.sort((a, b) => a.at - b.at);
  for (const connector of new Set(accounts.map((account) => account.connector))) {
    const own = rows.filter((each) => each.connector === connector);
    const lease = await (
      await store.feed(connector, 'transactions')
    ).acquireLease(getCurrentProcess(), 600_000);
    for (let start = 0; start < own.length; start += PAGE_ROWS)
      await lease!.append({
        records: own.slice(start, start + PAGE_ROWS).map(({ row }) => serializeTransaction(row)),
        ...{ rejected: [], warnings: [], resolvedIds: [], balances: [], cursor: String(start) },
      });
    await lease!.release();
  }
}

function book(ledger: MemoryLedger, ids: Map<Booking, number>, booking: Booking): void {
  const { postings, at, reverts, ...keys } = booking;
  ids.set(booking, reverts ? ledger.revert(ids.get(reverts)!, at) : ledger.book(postings, { ...keys, at }));
}

async function listFound(store: Store, { id }: RunResult): Promise<string[]> {
  const found: string[] = [];
  for await (const { body } of streamBreaks(store.reconciliation(), id)) {
    const { class: name, items } = JSON.parse(body) as Break;
    const records = (side: string) =>
      items.filter((item) => item.side === side).map(({ recordId }) => recordId);
    found.push(join(name, records('psp'), records('ledger')));
  }
  return found.sort();
}

function toText({ class: name, rows, bookings }: ExpectedBreak, ids: ReadonlyMap<Booking, number>): string {
  return join(
    name,
    rows,
    bookings.map((booking) => String(ids.get(booking))),
  );
}

function join(name: string, rows: readonly string[], bookings: readonly string[]): string {
  return `${name} rows ${[...rows].sort().join(',')} bookings ${[...bookings].sort().join(',')}`;
}
