import { PspError } from '@tributary/connector-api';
import type { Balances, PspClient, ServedBalances } from '@tributary/connector-api';
import { BalanceService } from './balance-service.js';
import {
  createAccount,
  createBankConnector,
  SyncTestHarness,
  LOG_LEVELS,
  createPendingPromise,
  yieldPages,
  SECRET,
} from '../testing/sync-test-harness.js';

let bench: SyncTestHarness;

beforeEach(async () => {
  bench = await SyncTestHarness.open();
});

afterEach(async () => {
  await bench.close();
});

const currentIsoTime = () => new Date(bench.clock.now()).toISOString();

function createBalances(accountId: string, ...amounts: [bigint, string][]): Balances {
  return { accountId, at: currentIsoTime(), amounts: amounts.map(([amount, asset]) => ({ amount, asset })) };
}

/** Creates a balance reader for a connector whose accounts are already in the feed. */
async function createReader(
  balances: PspClient['balances'],
  accounts = ['a', 'b', 'DE 1/x'],
  known?: Balances[],
): Promise<BalanceService> {
  const connector = createBankConnector({
    accounts: () =>
      yieldPages([
        { items: accounts.map(createAccount), cursor: 'c', ...(known ? { balances: known } : {}) },
      ]),
    ...(balances ? { balances } : {}),
  });
  await bench.createEngine([connector]).runOnce();
  return new BalanceService(bench.store, { ...connector, balanceValidity: 'off' }, bench.options());
}

const readSourceCount = (name: string) => bench.readMetric('tributary_balance_reads_total', { source: name });

/** Advances the clock until the promise settles, by at most 10 s, and returns the result of the promise. */
async function advanceUntilSettled<T>(answer: Promise<T>): Promise<T> {
  let settled = false;
  const watched = answer.finally(() => (settled = true));
  watched.catch(() => undefined);
  for (let tenth = 0; !settled && tenth < 100; tenth++) await bench.clock.advance(100);
  return watched;
}

describe('the balances of an account', () => {
  it('are asked of the PSP by its own id, and served', async () => {
    const asked: string[] = [];
    const reader = await createReader(async (id) => {
      asked.push(id);
      return createBalances(id, [1250n, 'EUR/2'], [-7n, 'JPY']);
    });
    expect(await reader.read('DE~201~2Fx', 'key')).toEqual({
      id: 'DE~201~2Fx',
      accountID: 'DE~201~2Fx',
      at: currentIsoTime(),
      balances: [
        { currency: 'EUR/2', amount: '1250' },
        { currency: 'JPY', amount: '-7' },
      ],
    });
    expect(asked).toEqual(['DE 1/x']);
    expect(await readSourceCount('live')).toBe(1);
  });

  it('are in the store before the first request: those of new accounts are read when the accounts were listed', async () => {
    const asked: string[] = [];
    let isBroken = false;
    const connector = createBankConnector({
      accounts: () =>
        yieldPages([
          {
            items: ['a', 'b'].map(createAccount),
            balances: [createBalances('a', [1n, 'EUR/2'])],
            cursor: 'c',
          },
        ]),
      balances: async (id) => {
        if (isBroken) throw new PspError('unavailable', '503');
        asked.push(id);
        return createBalances(id, [2n, 'EUR/2']);
      },
    });
    const reader = new BalanceService(bench.store, { ...connector, balanceValidity: 'off' }, bench.options());
    let stored = Promise.resolve();
    const onAccountsAdded = (ids: readonly string[]) => void (stored = reader.storeFirstBalances(ids));
    await bench.createEngine([{ ...connector, onAccountsAdded }]).runOnce();
    await stored;
    for (let turn = 0; turn < 1_000 && !(await bench.store.balances('bank').findLatest('b')); turn++)
      await new Promise(setImmediate);
    expect(asked).toEqual(['b']);
    isBroken = true;
    const amounts = async (id: string) => (await advanceUntilSettled(reader.read(id, 'key')))?.balances;
    expect(await amounts('a')).toEqual([{ currency: 'EUR/2', amount: '1' }]);
    expect(await amounts('b')).toEqual([{ currency: 'EUR/2', amount: '2' }]);
  });

  it('are not found if the account was never served, even if the PSP has them', async () => {
    let asked = 0;
    const reader = await createReader(async (id) => (asked++, createBalances(id)));
    for (const id of ['stranger', 'DE 1/x', '..', '~zz', ''])
      expect(await reader.read(id, 'key')).toBeUndefined();
    expect(asked).toBe(0);
  });

  it('are what was last observed, at its own time, when the PSP fails', async () => {
    let broken = false;
    const reader = await createReader(async (id) => {
      if (broken) throw new PspError('unavailable', `503 for key ${SECRET}`);
      return createBalances(id, [5n, 'EUR/2']);
    });
    const live = await reader.read('a', 'key');
    await bench.clock.advance(60_000);
    broken = true;
    expect(await reader.read('a', 'key')).toEqual(live);
    expect(await readSourceCount('last')).toBe(1);
    expect(bench.findLogLines('the balances last observed are served')).toMatchObject([
      { level: LOG_LEVELS.warn, connector: 'bank', accountId: 'a', kind: 'unavailable' },
    ]);
    expect(JSON.stringify(bench.lines)).not.toContain(SECRET);
    await expect(reader.read('b', 'key')).rejects.toMatchObject({
      name: 'PspError',
      kind: 'unavailable',
      message: 'no balance of account b was ever observed, and now: bank balances: 503 for key [redacted]',
    });
    broken = false;
    await bench.clock.advance(2000);
    expect((await reader.read('a', 'key'))?.at).toBe(currentIsoTime());
    expect(bench.findLogLines('the PSP answers again')).toHaveLength(1);
  });

  it('come within the deadline although the PSP hangs', async () => {
    let hangs = false;
    const reader = await createReader(async (id) =>
      hangs ? createPendingPromise() : createBalances(id, [5n, 'EUR/2']),
    );
    const live = await reader.read('a', 'key');
    hangs = true;
    const start = bench.clock.now();
    expect(await advanceUntilSettled(reader.read('a', 'key'))).toEqual(live);
    expect(bench.clock.now() - start).toBeLessThanOrEqual(4_100);
    await expect(advanceUntilSettled(reader.read('b', 'key'))).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('that come too late for their own answer are there for the next', async () => {
    const reader = await createReader(async (id) => {
      await new Promise<void>((resolve) => bench.clock.after(4_500, resolve));
      return createBalances(id, [5n, 'EUR/2']);
    });
    await expect(advanceUntilSettled(reader.read('a', 'key'))).rejects.toMatchObject({ kind: 'unavailable' });
    await bench.clock.advance(1_000);
    expect(await advanceUntilSettled(reader.read('a', 'key'))).toMatchObject({ balances: [{ amount: '5' }] });
  });

  it('are explicit zeros once the PSP does not know the account any more', async () => {
    let closed = false;
    const reader = await createReader(async (id) => {
      if (closed) throw new PspError('rejected', 'no such account', { status: 404 });
      return createBalances(id, [5n, 'EUR/2'], [6n, 'USD/2']);
    });
    await reader.read('a', 'key');
    await bench.clock.advance(60_000);
    closed = true;
    expect(await reader.read('a', 'key')).toMatchObject({
      at: currentIsoTime(),
      balances: [
        { currency: 'EUR/2', amount: '0' },
        { currency: 'USD/2', amount: '0' },
      ],
    });
    expect(await readSourceCount('closed')).toBe(1);
    expect(await reader.read('b', 'key')).toEqual({
      id: 'b',
      accountID: 'b',
      at: currentIsoTime(),
      balances: [],
    });
  });

  it('are not zero because the PSP refused the request for another reason', async () => {
    let refuses = false;
    const reader = await createReader(async (id) => {
      if (refuses) throw new PspError('rejected', 'bad request', { status: 400 });
      return createBalances(id, [5n, 'EUR/2']);
    });
    const live = await reader.read('a', 'key');
    refuses = true;
    expect(await reader.read('a', 'key')).toEqual(live);
  });

  it('are those of the listings where the plugin has no other, and none before the first', async () => {
    const observed = {
      accountId: 'a',
      at: '2025-11-30T00:00:00Z',
      amounts: [{ amount: 9n, asset: 'EUR/2' }],
    };
    const reader = await createReader(undefined, ['a', 'b'], [observed]);
    expect(await reader.read('a', 'key')).toMatchObject({
      at: '2025-11-30T00:00:00.000Z',
      balances: [{ currency: 'EUR/2', amount: '9' }],
    });
    expect(await reader.read('b', 'key')).toEqual({
      id: 'b',
      accountID: 'b',
      at: currentIsoTime(),
      balances: [],
    });
    expect(await reader.read('c', 'key')).toBeUndefined();
  });

  it.each<[string, (id: string) => unknown, string]>([
    ['of another account', () => createBalances('other', [1n, 'EUR/2']), 'got the balances of "other"'],
    [
      'in an asset that cannot be',
      (id) => createBalances(id, [1n, 'euro']),
      'asset "euro" is not of the form',
    ],
    ['with an asset twice', (id) => createBalances(id, [1n, 'JPY'], [1n, 'JPY']), 'comes twice'],
    ['that are none', () => undefined, 'got the balances of undefined'],
  ])('%s are not served', async (_, answer, reason) => {
    const reader = await createReader(async (id) => answer(id) as Balances);
    await expect(reader.read('a', 'key')).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining(reason) as string,
    });
  });

  it('dated in the future are dated now, so that the next observation counts', async () => {
    let amount = 1n;
    const reader = await createReader(async (id) => ({
      ...createBalances(id, [amount, 'EUR/2']),
      at: '2030-01-01T00:00:00Z',
    }));
    expect((await reader.read('a', 'key'))?.at).toBe(currentIsoTime());
    amount = 2n;
    await bench.clock.advance(1000);
    expect(await reader.read('a', 'key')).toMatchObject({
      at: currentIsoTime(),
      balances: [{ amount: '2' }],
    });
  });
});

describe('many readers', () => {
  it('of one account are one call', async () => {
    let calls = 0;
    let answer: ((balances: Balances) => void) | undefined;
    const reader = await createReader((id) => {
      calls++;
      return new Promise((resolve) => (answer = () => resolve(createBalances(id, [1n, 'EUR/2']))));
    });
    const reads = Array.from({ length: 20 }, () => reader.read('a', 'key'));
    await bench.clock.advance(10);
    answer?.(createBalances('a'));
    const answers = await Promise.all(reads);
    expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(calls).toBe(1);
  });

  it('of a hundred accounts are ten calls at a time, and all are answered', async () => {
    let now = 0;
    let most = 0;
    const accounts = Array.from({ length: 100 }, (_, index) => `acc${index}`);
    const reader = await createReader(async (id) => {
      most = Math.max(most, ++now);
      await new Promise<void>((resolve) => bench.clock.after(300, resolve));
      now--;
      return createBalances(id, [1n, 'EUR/2']);
    }, accounts);
    const answers = await advanceUntilSettled(Promise.all(accounts.map((id) => reader.read(id, 'key'))));
    expect(answers.map((answer) => (answer as ServedBalances).accountID)).toEqual(accounts);
    expect(most).toBe(10);
  });

  it('do not hammer a PSP that is down, and one broken account does not cost the others theirs', async () => {
    let calls = 0;
    let down = false;
    const accounts = Array.from({ length: 50 }, (_, index) => `acc${index}`);
    const reader = await createReader(async (id) => {
      calls++;
      if (down || id === 'acc0') throw new PspError('unavailable', 'connection refused');
      return createBalances(id, [1n, 'EUR/2']);
    }, accounts);
    const readAll = () => Promise.allSettled(accounts.map((id) => reader.read(id, 'key')));
    expect((await readAll()).filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(calls).toBe(50);
    await reader.read('acc0', 'key').catch(() => undefined);
    expect(calls).toBe(50);

    await bench.clock.advance(5000);
    down = true;
    calls = 0;
    for (let burst = 0; burst < 20; burst++) await readAll();
    expect(calls).toBeLessThanOrEqual(20);
    down = false;
    await bench.clock.advance(1500);
    expect((await readAll()).filter(({ status }) => status === 'rejected')).toHaveLength(1);
  });

  it('leave a PSP in peace for as long as it asks', async () => {
    let calls = 0;
    const reader = await createReader(async () => {
      calls++;
      throw new PspError('rate-limited', 'slow down', { retryAfterMs: 30_000 });
    });
    for (let second = 0; second < 29; second++) {
      await reader.read('a', 'key').catch(() => undefined);
      await bench.clock.advance(1000);
    }
    expect(calls).toBe(1);
    await bench.clock.advance(2000);
    await reader.read('b', 'key').catch(() => undefined);
    expect(calls).toBe(2);
  });

  it('of more accounts than the PSP takes at once are answered from the store, and refreshed behind', async () => {
    let amount = 1n;
    let latencyMs = 0;
    const accounts = Array.from({ length: 100 }, (_, index) => `acc${index}`);
    const reader = await createReader(async (id) => {
      const read = createBalances(id, [amount, 'EUR/2']);
      if (latencyMs > 0) await new Promise<void>((resolve) => bench.clock.after(latencyMs, resolve));
      return read;
    }, accounts);
    const readAll = () => Promise.all(accounts.map((id) => reader.read(id, 'key')));
    const listAmounts = (answers: (ServedBalances | undefined)[]) =>
      answers.map((answer) => answer?.balances[0]?.amount);
    await advanceUntilSettled(readAll());

    await bench.clock.advance(20 * 60_000);
    amount = 2n;
    latencyMs = 3_000;
    const start = bench.clock.now();
    const answered: number[] = [];
    const reads = accounts.map((id) =>
      reader.read(id, 'key').then((answer) => (answered.push(bench.clock.now() - start), answer)),
    );
    expect(listAmounts(await advanceUntilSettled(Promise.all(reads)))).toEqual(accounts.map(() => '1'));
    // Ten requests wait one second for the PSP, because ten calls may run at the same time. All other requests are answered at once.
    expect(answered.filter((afterMs) => afterMs === 0)).toHaveLength(90);
    expect(Math.max(...answered)).toBeLessThanOrEqual(1_100);

    await bench.clock.advance(30_000);
    latencyMs = 0;
    const later = await advanceUntilSettled(readAll());
    expect(listAmounts(later)).toEqual(accounts.map(() => '2'));
  });

  it('that would have to wait come before those that have an answer in the store', async () => {
    const called: string[] = [];
    const accounts = Array.from({ length: 40 }, (_, index) => `acc${index}`);
    const reader = await createReader(async (id) => {
      called.push(id);
      await new Promise<void>((resolve) => bench.clock.after(500, resolve));
      return createBalances(id, [1n, 'EUR/2']);
    }, accounts);
    const stored = accounts.slice(0, 39);
    await advanceUntilSettled(Promise.all(stored.map((id) => reader.read(id, 'key'))));
    called.length = 0;
    await bench.clock.advance(60_000);
    const reads = stored.map((id) => reader.read(id, 'key'));
    const first = reader.read('acc39', 'key');
    expect(await advanceUntilSettled(first)).toMatchObject({ balances: [{ amount: '1' }] });
    await advanceUntilSettled(Promise.all(reads));
    expect(called.indexOf('acc39')).toBeLessThan(20);
  });

  it('whose gateway stops cause no further calls', async () => {
    let calls = 0;
    const accounts = Array.from({ length: 40 }, (_, index) => `acc${index}`);
    const reader = await createReader(async (id) => {
      calls++;
      await new Promise<void>((resolve) => bench.clock.after(1_000, resolve));
      return createBalances(id, [1n, 'EUR/2']);
    }, accounts);
    const reads = Promise.allSettled(accounts.map((id) => reader.read(id, 'key')));
    await bench.clock.advance(10);
    reader.stop();
    await advanceUntilSettled(reads);
    expect(calls).toBe(10);
  });
});
