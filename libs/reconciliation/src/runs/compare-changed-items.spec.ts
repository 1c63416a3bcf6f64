/**
 * Tests that a run that uses the result of the previous run gives the same result as a comparison of all items. The changes on both sides
 * are random.
 */
import type { Transaction } from '@tributary/connector-api';
import { openStore, type ItemCuts, type Store } from '@tributary/feed';
import { createSeededRandom } from '../../../../test/reconciliation/seeded-random.js';
import { STORES, type FreshStore } from '../../../feed/src/testing/stores.js';
import { BreakDecisions, DecisionError } from '../breaks/break-decisions.js';
import type { Policy } from '../policy/policy.types.js';
import { appendRows, createPayment } from '../testing/feed-rows.js';
import { MemoryLedger } from '../testing/memory-ledger.js';
import { runPolicy, verifyRun } from './run-policy.js';
import { streamBreaks } from './stream-breaks.js';

const AT = Date.UTC(2026, 0, 10);
const DAY_MS = 86_400_000;
const STEPS = 16;

const POLICY: Policy = {
  ...{ name: 'psp', ledger: 'memory/main', sign: 'same' },
  accounts: [
    { connector: 'bank', account: 'a', address: 'psp:a' },
    { connector: 'bank', account: 'b', address: 'psp:b' },
  ],
  rules: [
    { kind: 'exact', psp: 'id', ledger: 'reference' },
    { kind: 'group', psp: 'metadata.batch', ledger: 'metadata.batch' },
    {
      ...{ kind: 'tolerance', psp: 'metadata.card', ledger: 'metadata.card', account: 'expenses:rounding' },
      bound: { 'EUR/2': 1n },
    },
    { kind: 'window', days: 3 },
  ],
  grace: { bookingMs: DAY_MS, settlementMs: DAY_MS },
};

describe.each(STORES)('runs that follow each other, in $name', (kind) => {
  let fresh: FreshStore;
  let store: Store;
  beforeEach(async () => {
    fresh = await kind.createMigrated();
    store = await openStore(fresh.url, () => AT);
  });
  afterEach(async () => {
    await store.close();
    await fresh.remove();
  });

  test('give the same as a comparison of all items', async () => {
    const pick = createSeededRandom(17);
    const ledger = new MemoryLedger();
    let wholeComparisons = 0;
    const repository = store.reconciliation();
    const countingStore = new Proxy(store, {
      get: (target, name) =>
        name === 'reconciliation'
          ? () => ({
              ...repository,
              sumItems: (policyId: string, cuts: ItemCuts) => (
                wholeComparisons++,
                repository.sumItems(policyId, cuts)
              ),
            })
          : (Reflect.get(target, name, target) as unknown),
    });
    const verdicts = new Set<string>();
    for (let step = 0; step < STEPS; step++) {
      const rows = Array.from({ length: 1 + pick(3) }, () => createRow(pick));
      await appendRows(store, 'bank', rows);
      for (let count = pick(4); count > 0; count--) book(ledger, pick);
      const run = await runPolicy(countingStore, POLICY, { ledger }, AT + step * (DAY_MS / 4));
      expect(run.summary.problems).toEqual([]);
      verdicts.add(run.summary.verdict);
      expect(await verifyRun(repository, (await repository.findRun(run.id))!)).toBeUndefined();
      await decide(store, pick);
    }
    expect(wholeComparisons).toBe(1);
    expect([...verdicts].sort()).toEqual(expect.arrayContaining(['breaks', 'pending']));
  });
});

/** Creates a new row, or a new version of a row. Ids and keys are chosen from a small set, so that many items share a key. */
function createRow(pick: (count: number) => number): Transaction {
  const number = pick(60);
  return {
    ...createPayment(`p${number}`, number % 3 === 0 ? 'b' : 'a', BigInt(10 + (number % 4)), AT),
    status: pick(6) === 0 ? 'FAILED' : pick(6) === 0 ? 'PENDING' : 'SUCCEEDED',
    metadata: number % 5 === 0 ? { batch: `B${number % 7}` } : { card: `C${number}` },
  };
}

function book(ledger: MemoryLedger, pick: (count: number) => number): void {
  if (pick(8) === 0 && ledger.transactions.length > 0) {
    ledger.revert(1 + pick(ledger.transactions.length), AT);
    return;
  }
  const number = pick(70);
  const amount = BigInt(10 + (number % 4) + (pick(5) === 0 ? 1 : 0));
  const destination = number % 3 === 0 ? 'psp:b' : 'psp:a';
  ledger.book([{ source: 'world', destination, asset: 'EUR/2', amount }], {
    at: AT + DAY_MS,
    ...(pick(3) === 0 ? {} : { reference: `p${number}` }),
    metadata: number % 5 === 0 ? { batch: `B${number % 7}` } : { card: `C${number}` },
  });
}

/** Accepts a break, links two breaks, or undoes a link. A link of unequal sums is rejected and changes nothing. */
async function decide(store: Store, pick: (count: number) => number): Promise<void> {
  const repository = store.reconciliation();
  const decisions = new BreakDecisions(repository, ['psp']);
  const [run] = await repository.listRuns('psp', 1);
  const ids: string[] = [];
  for await (const { id } of streamBreaks(repository, run!.id)) ids.push(id);
  const by = { by: 'ana', note: 'test' };
  try {
    if (ids.length > 0 && pick(3) === 0) await decisions.accept(ids[pick(ids.length)]!, by);
    else if (ids.length > 1) await decisions.link([ids[pick(ids.length)]!, ids[pick(ids.length)]!], by);
    if (pick(4) === 0) await decisions.unlink(await repository.findLastEventSeq(), by);
  } catch (error) {
    if (!(error instanceof DecisionError)) throw error;
  }
}
