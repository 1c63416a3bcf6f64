/**
 * Tests that no incomplete result is stored in three cases: a run is interrupted at any of its database calls, two runs run at the same
 * time, or the ledger does not respond.
 */
import { openStore, type ReconciliationRepository, type Store } from '@tributary/feed';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  POSTGRES_STORE,
  SQLITE_STORE,
  type FreshStore,
  type StoreKind,
} from '../../../feed/src/testing/stores.js';
import { verifyEvents } from '../events/verify-events.js';
import { createHttpLedgerSource } from '../ledger/http-ledger-source.js';
import type { Policy } from '../policy/policy.types.js';
import { appendRows, createPayment } from '../testing/feed-rows.js';
import { MemoryLedger } from '../testing/memory-ledger.js';
import { runPolicy, verifyRun } from './run-policy.js';

const AT = Date.UTC(2026, 0, 10);
const MAX_CALLS = 200;
const POLICY: Policy = {
  ...{ name: 'psp', ledger: 'memory/main', sign: 'same' },
  accounts: [{ connector: 'bank', account: 'a', address: 'psp:a' }],
  rules: [{ kind: 'exact', psp: 'id', ledger: 'reference' }],
  grace: { bookingMs: 0, settlementMs: 0 },
};

let fresh: FreshStore | undefined;
const stores: Store[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await fresh?.remove();
  fresh = undefined;
});

async function open(kind: StoreKind): Promise<Store> {
  fresh ??= await kind.createMigrated();
  const store = await openStore(fresh.url, () => AT);
  stores.push(store);
  return store;
}

async function addRows(store: Store, ...ids: string[]): Promise<void> {
  await appendRows(
    store,
    'bank',
    ids.map((id) => createPayment(id, 'a', 5n, AT)),
  );
}

function book(ledger: MemoryLedger, ...references: string[]): void {
  const postings = [{ source: 'world', destination: 'psp:a', asset: 'EUR/2', amount: 5n }];
  for (const reference of references) ledger.book(postings, { reference, at: AT });
}

/**
 * Checks that each finished run has one event, and that the newest run can be repeated.
 * @returns the number of runs
 */
async function countProvenRuns(store: Store): Promise<number> {
  const repository = store.reconciliation();
  const runs = await repository.listRuns(undefined, 1000);
  expect(await verifyEvents(repository)).toEqual({ events: runs.length, problem: undefined });
  if (runs[0]) expect(await verifyRun(repository, runs[0])).toBeUndefined();
  return runs.length;
}

/** Returns a store whose repository stops working after `calls` calls, as if the process had been killed. */
function endAfterCalls(store: Store, calls: number): Store {
  let count = 0;
  const repository = new Proxy(store.reconciliation(), {
    get: (target, name) => {
      const method = target[name as keyof ReconciliationRepository] as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        if (++count > calls) throw new Error('killed');
        return method.apply(target, args);
      };
    },
  });
  return new Proxy(store, {
    get: (target, name) =>
      name === 'reconciliation' ? () => repository : (Reflect.get(target, name, target) as unknown),
  });
}

it.each([SQLITE_STORE, POSTGRES_STORE])(
  'a run that ends at any call leaves no half result, in $name',
  async (kind) => {
    const store = await open(kind);
    const ledger = new MemoryLedger();
    await addRows(store, 'p', 'q');
    book(ledger, 'p', 'x');
    let finished = 0;
    for (let calls = 0; calls < MAX_CALLS && finished < 2; calls++) {
      const before = await countProvenRuns(store);
      try {
        await runPolicy(endAfterCalls(store, calls), POLICY, { ledger }, AT);
        finished++;
        await addRows(store, 'r');
        book(ledger, 'q');
        calls = 0;
      } catch (error) {
        expect(error).toEqual(new Error('killed'));
        expect(await countProvenRuns(store)).toBe(before);
      }
    }
    expect(finished).toBe(2);
    // The loop has booked the payment `q` twice, so this run has a new break.
    const { summary } = await runPolicy(store, POLICY, { ledger }, AT);
    expect(summary).toMatchObject({ verdict: 'breaks', problems: [], breaks: { count: 3, new: 1 } });
    expect(await countProvenRuns(store)).toBe(3);
  },
);

it('two gateways that run a policy at the same time both finish, and no event is lost', async () => {
  const [first, second] = [await open(POSTGRES_STORE), await open(POSTGRES_STORE)];
  const ledger = new MemoryLedger();
  await addRows(first, 'p', 'q');
  book(ledger, 'p', 'x');
  const runs = await Promise.all([
    runPolicy(first, POLICY, { ledger }, AT),
    runPolicy(second, POLICY, { ledger }, AT + 1),
  ]);
  for (const { summary } of runs)
    expect(summary).toMatchObject({ verdict: 'breaks', problems: [], breaks: { count: 2 } });
  expect(await countProvenRuns(first)).toBe(2);
  for (const { id } of runs)
    expect(
      await verifyRun(first.reconciliation(), (await first.reconciliation().findRun(id))!),
    ).toBeUndefined();
});

describe('a ledger that cannot be read', () => {
  let server: Server;
  let answer: (response: ServerResponse) => void;
  let url: string;
  beforeEach(async () => {
    server = createServer((_, response) => answer(response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    url = `http://127.0.0.1:${port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it.each<[string, (response: ServerResponse) => void, string]>([
    ['401', (response) => response.writeHead(401).end(), 'was answered 401'],
    ['500', (response) => response.writeHead(500).end('{}'), 'was answered 500'],
    ['no JSON', (response) => response.end('<html>'), 'a body that is not JSON'],
    ['other JSON', (response) => response.end('{"data":[]}'), 'cursor.data of type undefined'],
    ['no answer', () => undefined, 'The operation was aborted due to timeout'],
    ['a broken connection', (response) => response.destroy(), 'failed'],
  ])('%s: the verdict is incomplete, with the reason', async (name, respond, reason) => {
    const store = await open(SQLITE_STORE);
    await addRows(store, 'p');
    answer = respond;
    // The timeout is long, so that a busy machine does not turn another failure into a timeout.
    const timeoutMs = name === 'no answer' ? 50 : 30_000;
    const source = createHttpLedgerSource({ url, ledger: 'main', timeoutMs });
    const { summary } = await runPolicy(store, { ...POLICY, ledger: source.name }, { ledger: source }, AT);
    expect(summary.verdict).toBe('incomplete');
    expect(summary.problems).toEqual([expect.stringContaining(reason)]);
    expect(await countProvenRuns(store)).toBe(1);
  });
});
