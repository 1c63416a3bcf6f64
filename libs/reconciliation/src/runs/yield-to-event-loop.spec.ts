/** Tests that a run on SQLite, where no query waits, lets a gateway handle requests in the meantime. */
import { openStore, type Store } from '@tributary/feed';
import { SQLITE_STORE, type FreshStore } from '../../../feed/src/testing/stores.js';
import type { Policy } from '../policy/policy.types.js';
import { appendRows, createPayment } from '../testing/feed-rows.js';
import { MemoryLedger } from '../testing/memory-ledger.js';
import { runPolicy, verifyRun } from './run-policy.js';

const AT = Date.UTC(2026, 0, 10);
/** The number of rows; a run reads 1 000 rows as one batch. */
const ROWS = 5_000;
const POLICY: Policy = {
  ...{ name: 'psp', ledger: 'memory/main', sign: 'same' },
  accounts: [{ connector: 'bank', account: 'a', address: 'psp:a' }],
  rules: [{ kind: 'exact', psp: 'id', ledger: 'reference' }],
  grace: { bookingMs: 0, settlementMs: 0 },
};

let fresh: FreshStore;
let store: Store;
beforeAll(async () => {
  fresh = await SQLITE_STORE.createMigrated();
  store = await openStore(fresh.url, () => AT);
});
afterAll(async () => {
  await store.close();
  await fresh.remove();
});

/** Counts how often the event loop could do other work while a function ran. */
async function countTurns(work: () => Promise<unknown>): Promise<number> {
  let [turns, isDone] = [0, false];
  const count = (): void => {
    turns++;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  await work();
  isDone = true;
  return turns;
}

test('a run and its verification let the event loop work after each batch', async () => {
  const ledger = new MemoryLedger();
  for (let start = 0; start < ROWS; start += 1_000)
    await appendRows(
      store,
      'bank',
      Array.from({ length: 1_000 }, (_, index) => createPayment(`p${start + index}`, 'a', 1n, AT)),
    );
  for (let n = 0; n < ROWS; n++)
    ledger.book([{ source: 'world', destination: 'psp:a', asset: 'EUR/2', amount: 1n }], {
      reference: `p${n}`,
    });
  let runId = '';
  const turns = await countTurns(async () => {
    runId = (await runPolicy(store, POLICY, { ledger }, AT)).id;
  });
  expect(turns).toBeGreaterThan((2 * ROWS) / 1_000);
  const repository = store.reconciliation();
  const run = (await repository.findRun(runId))!;
  expect(await countTurns(() => verifyRun(repository, run))).toBeGreaterThan((2 * ROWS) / 1_000);
});
