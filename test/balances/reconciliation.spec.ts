/**
 * Tests the balances that Formance Payments has at any time. The readers poll, lose responses, and reach several gateways. The store and
 * the component that serves balances are those of the gateway.
 */
import type { Balances } from '@tributary/connector-api';
import type { Store } from '@tributary/feed';
import { BalanceService, type SyncConnector } from '@tributary/sync';
import { STORES } from '../../libs/feed/src/testing/stores.js';
import {
  createAccount,
  createBankConnector,
  SyncTestHarness,
  yieldPages,
} from '../../libs/sync/src/testing/sync-test-harness.js';
import { BalanceTable } from './balance-table.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const POLL_MS = 30 * MINUTE_MS;

/** A closing balance of the account `main`, and the time at which the PSP lists it. */
interface Closing {
  at: number;
  listedAt: number;
  amount: bigint;
}

/** Returns numbers from 0 to 1 that are the same in every run. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

describe.each(STORES)('balances in Formance, on $name', (kind) => {
  let harness: SyncTestHarness;
  let gateways: Store[];
  let start: number;

  beforeEach(async () => {
    harness = await SyncTestHarness.open(kind);
    gateways = [harness.store, await harness.openStore()];
    start = harness.clock.now();
  });

  afterEach(() => harness.close());

  const toBalances = ({ at, amount }: Closing, accountId = 'main'): Balances => ({
    accountId,
    at: new Date(at).toISOString(),
    amounts: [{ amount, asset: 'EUR/2' }],
  });

  /** Moves the clock to a time, without running timers. */
  const moveTo = (time: number) => harness.clock.shift(time - harness.clock.now());

  /** Reads the balances with a new `BalanceService` for each request, so that no response depends on the memory of a gateway. */
  const read = (connector: SyncConnector, gateway: number, key: string, accountId = 'main') =>
    new BalanceService(gateways[gateway % gateways.length]!, connector, harness.options()).read(
      accountId,
      key,
    );

  /** Creates a connector of bank statements. Its listing contains the closing balances that the PSP has listed by now. */
  function createStatements(
    closings: readonly Closing[],
    settings: Partial<SyncConnector> = {},
  ): SyncConnector {
    const listed = () => closings.filter(({ listedAt }) => listedAt <= harness.clock.now());
    const accounts = () =>
      yieldPages([
        {
          items: [createAccount('main'), createAccount('silent')],
          balances: listed().map((closing) => toBalances(closing)),
          cursor: String(listed().length),
        },
      ]);
    return { ...createBankConnector({ accounts }), ...settings };
  }

  const pull = (connector: SyncConnector) => harness.createEngine([connector]).runOnce();

  /** Creates one closing balance a day, which the PSP lists some hours later. */
  const createClosings = (days: number, random: () => number): Closing[] =>
    Array.from({ length: days }, (_, day) => {
      const at = start + day * 24 * HOUR_MS;
      const amount = BigInt(Math.round(random() * 3) * 1000 - 1000);
      return { at, listedAt: at + Math.round((0.1 + random() * 6) * HOUR_MS), amount };
    });

  const closingAt = (closings: readonly Closing[], time: number) =>
    closings.findLast(({ at }) => at <= time)?.amount;

  it.each([1, 2])(
    'are right at any time since the first poll, with every gateway and with lost responses (%i)',
    async (seed) => {
      const random = createRandom(seed);
      const closings = createClosings(4, random);
      const connector = createStatements(closings);
      const table = new BalanceTable();
      let answeredSince: number | undefined;
      let gateway = 0;
      let listed = 0;
      for (let poll = closings[0]!.listedAt + MINUTE_MS; poll < start + 4 * 24 * HOUR_MS;) {
        moveTo(poll);
        const known = closings.filter(({ listedAt }) => listedAt <= poll);
        if (known.length > listed) await pull(connector);
        listed = known.length;
        // If a response is lost, the client repeats the request after 11 s or more. After the second response, the client has the balance.
        for (let losses = random() < 0.2 ? 1 + Math.floor(random() * 2) : 0; losses > 0; losses--) {
          await read(connector, gateway++, 'formance');
          harness.clock.shift(11_000 + Math.round(random() * 20_000));
        }
        const answer = await read(connector, gateway++, 'formance');
        table.store(answer!);
        const changed = Date.parse(answer!.at) <= harness.clock.now();
        answeredSince ??= Date.parse(answer!.at);
        const next = poll + Math.round(POLL_MS * (0.9 + random() * 0.2));
        // The period without a correct balance starts with the first response that contains the closing balance, and ends with the next
        // poll. There is no other such period.
        const end = changed ? Date.parse(answer!.at) : next;
        for (let time = answeredSince; time <= end; time += 7 * HOUR_MS)
          expect([time - start, table.balancesAt('main', time)]).toEqual([
            time - start,
            { 'EUR/2': closingAt(known, time) },
          ]);
        expect(table.balancesAt('main', end)).toEqual({ 'EUR/2': closingAt(known, end) });
        expect(table.poolAt(['main', 'silent'], 'EUR/2', end)).toBe(closingAt(known, end));
        poll = next;
      }
    },
    60_000,
  );

  it('are 0 at any time but the closing’s own, when every answer says the time of the closing', async () => {
    const closings = [{ at: start, listedAt: start + HOUR_MS, amount: 500n }];
    const connector = createStatements(closings, { balanceValidity: 'off' });
    const table = new BalanceTable();
    for (let poll = 0; poll < 5; poll++) {
      moveTo(start + 2 * HOUR_MS + poll * POLL_MS);
      await pull(connector);
      table.store((await read(connector, poll, 'formance'))!);
    }
    expect(table.poolAt(['main'], 'EUR/2', start)).toBe(500n);
    expect(table.poolAt(['main'], 'EUR/2', start + 1)).toBe(0n);
    expect(table.poolAt(['main'], 'EUR/2', harness.clock.now())).toBe(0n);
  });

  it('are right for each key, at its own polling interval', async () => {
    const closings = [{ at: start, listedAt: start, amount: 500n }];
    const connector = createStatements(closings);
    const keys = { slow: 6 * HOUR_MS, fast: 5 * MINUTE_MS };
    const tables = { slow: new BalanceTable(), fast: new BalanceTable() };
    moveTo(start + HOUR_MS);
    await pull(connector);
    for (let minutes = 0; minutes <= 13 * 60; minutes += 5) {
      moveTo(start + HOUR_MS + minutes * MINUTE_MS);
      for (const key of ['slow', 'fast'] as const)
        if ((minutes * MINUTE_MS) % keys[key] === 0) {
          if (minutes * MINUTE_MS > keys[key])
            expect(tables[key].balancesAt('main', harness.clock.now())).toEqual({ 'EUR/2': 500n });
          tables[key].store((await read(connector, minutes, key))!);
        }
    }
    // The balances that the fast reader got are not valid for hours.
    expect(tables.fast.balancesAt('main', harness.clock.now() + HOUR_MS)).toEqual({});
    expect(tables.slow.balancesAt('main', harness.clock.now() + HOUR_MS)).toEqual({ 'EUR/2': 500n });
  });

  it.each([
    ['after a pause of its polls', 5000, 8 * MINUTE_MS],
    ['after its polling interval was shortened', MINUTE_MS, POLL_MS],
  ])('are right for a reader that polls more often than before, %s', async (_, pollMs, pauseMs) => {
    const closings = [
      { at: start, listedAt: start, amount: 500n },
      { at: start + HOUR_MS, listedAt: start + HOUR_MS + MINUTE_MS, amount: 700n },
    ];
    const connector = createStatements(closings);
    const table = new BalanceTable();
    const poll = async () => table.store((await read(connector, 0, 'formance'))!);
    await pull(connector);
    moveTo(start + HOUR_MS);
    await poll();
    harness.clock.shift(pauseMs);
    await pull(connector);
    // The first polls may be retries, so their responses repeat the time of the closing.
    for (let count = 0; count < 20; count++) {
      await poll();
      harness.clock.shift(pollMs);
    }
    expect(table.balancesAt('main', harness.clock.now())).toEqual({ 'EUR/2': 700n });
    expect(table.balancesAt('main', start + HOUR_MS)).toEqual({ 'EUR/2': 700n });
    expect(table.balancesAt('main', start + HOUR_MS - 1)).toEqual({ 'EUR/2': 500n });
  });

  it('of a PSP with live balances are right at every poll after the first one with a new amount', async () => {
    let amount = 100n;
    let fails = false;
    const connector = createBankConnector({
      accounts: () => yieldPages([{ items: [createAccount('main')], cursor: 'c' }]),
      balances: async (id) => {
        if (fails) throw new Error('the PSP does not respond');
        const now = harness.clock.now();
        return toBalances({ at: now, listedAt: now, amount }, id);
      },
    });
    await pull(connector);
    const table = new BalanceTable();
    const poll = async (count: number) => {
      harness.clock.shift(POLL_MS);
      table.store((await read(connector, count, 'formance'))!);
    };
    await poll(0);
    const first = harness.clock.now();
    for (let count = 1; count < 4; count++) await poll(count);
    expect(table.balancesAt('main', harness.clock.now() + POLL_MS - 1)).toEqual({ 'EUR/2': 100n });
    amount = 250n;
    await poll(4);
    const changedAt = harness.clock.now();
    expect(table.balancesAt('main', changedAt)).toEqual({ 'EUR/2': 250n });
    expect(table.balancesAt('main', changedAt - 1)).toEqual({ 'EUR/2': 100n });
    expect(table.balancesAt('main', changedAt + POLL_MS - 1)).toEqual({});
    await poll(5);
    expect(table.balancesAt('main', harness.clock.now() + POLL_MS - 1)).toEqual({ 'EUR/2': 250n });
    expect(table.balancesAt('main', first)).toEqual({ 'EUR/2': 100n });
    // While the PSP does not respond, no request extends the balance, because it is unknown whether the balance is still correct.
    fails = true;
    const lastObservedAt = harness.clock.now();
    for (let count = 6; count < 12; count++) await poll(count);
    expect(table.balancesAt('main', lastObservedAt + POLL_MS)).toEqual({ 'EUR/2': 250n });
    expect(table.balancesAt('main', harness.clock.now())).toEqual({});
  });

  it('are valid for a fixed time, when the settings say so', async () => {
    const connector = createStatements([{ at: start, listedAt: start, amount: 500n }], {
      balanceValidity: 45 * MINUTE_MS,
    });
    await pull(connector);
    await read(connector, 0, 'formance');
    harness.clock.shift(MINUTE_MS);
    expect(Date.parse((await read(connector, 1, 'formance'))!.at)).toBe(harness.clock.now() + 45 * MINUTE_MS);
  });

  it('are absent for an account without any observed balance: nothing says that it is 0', async () => {
    const connector = createStatements([]);
    await pull(connector);
    const answer = await read(connector, 0, 'formance', 'silent');
    expect(answer).toMatchObject({ accountID: 'silent', balances: [] });
    const table = new BalanceTable();
    table.store(answer!);
    expect(table.balancesAt('silent', harness.clock.now())).toEqual({});
  });
});
