import { PspError } from '@tributary/connector-api';
import type { Page, Transaction } from '@tributary/connector-api';
import {
  createBankConnector,
  SyncTestHarness,
  createExpectedIds,
  LOG_LEVELS,
  createPendingPromise,
  yieldNumberedPages,
  createAccount,
  yieldPages,
  createTransaction,
} from '../testing/sync-test-harness.js';
import { SyncEngine } from './sync-engine.js';
import { waitUntil } from '../testing/manual-clock.js';

const MINUTE = 60_000;

let bench: SyncTestHarness;

beforeEach(async () => {
  bench = await SyncTestHarness.open();
});

afterEach(async () => {
  await bench.close();
});

describe('the schedule', () => {
  it('pulls every stream of every connector, again and again', async () => {
    let now = 1;
    const connectors = ['bank', 'acme/bank'].map((path) =>
      createBankConnector(
        {
          accounts: (since) => yieldPages(since ? [] : [{ items: [createAccount('a')], cursor: 'x' }]),
          beneficiaries: (since) =>
            yieldPages(since ? [] : [{ items: [{ id: 'b', ownerName: 'Bea' }], cursor: 'x' }]),
          transactions: (since) => yieldNumberedPages(now, since),
        },
        path,
      ),
    );
    const engine = bench.createEngine(connectors);
    engine.start();
    await bench.clock.advance(MINUTE / 2);
    expect(await bench.readIds('bank', 'accounts')).toEqual(['a']);
    expect(await bench.readIds('bank', 'beneficiaries')).toEqual(['b']);
    expect(await bench.readIds('acme/bank', 'accounts')).toEqual(['a']);
    expect(await bench.readIds('acme/bank')).toEqual(['t1']);
    now = 3;
    await bench.clock.advance(MINUTE);
    expect(await bench.readIds('bank')).toEqual(['t1', 't2', 't3']);
    expect(await bench.readIds('acme/bank')).toEqual(['t1', 't2', 't3']);
    await engine.stop();
    now = 4;
    await bench.clock.advance(2 * MINUTE);
    expect(await bench.readIds('bank')).toEqual(['t1', 't2', 't3']);
  });

  it('does not start a thousand connectors together, and costs them one timer a stream', async () => {
    let pulled = 0;
    const transactions = () => (pulled++, yieldPages<Transaction>([]));
    const connectors = Array.from({ length: 1000 }, (_, index) =>
      createBankConnector({ transactions }, `bank-${index}`),
    );
    const engine = new SyncEngine(bench.store, connectors, { ...bench.options(), random: Math.random });
    engine.start();
    expect(bench.clock.timerCount).toBe(2000);
    await bench.clock.advance(4_000);
    // The first pulls are spread evenly over 40 seconds.
    expect(pulled).toBeGreaterThan(50);
    expect(pulled).toBeLessThan(200);
    expect(bench.clock.timerCount).toBe(2000);
    await engine.stop();
    expect(bench.clock.timerCount).toBe(0);
  });

  it('pulls at once when asked, once for many requests, and again for a request during a pull', async () => {
    let pulls = 0;
    let open: (() => void) | undefined;
    const engine = bench.createEngine([
      createBankConnector({
        transactions: async function* () {
          if (++pulls === 2) await new Promise<void>((resolve) => (open = resolve));
          yield* yieldPages<Transaction>([]);
        },
      }),
    ]);
    engine.start();
    await bench.clock.advance(1000);
    expect(pulls).toBe(1);
    for (let burst = 0; burst < 5; burst++) engine.requestPull('bank', ['transactions']);
    await bench.clock.advance(1000);
    expect(pulls).toBe(2);
    engine.requestPull('bank', ['transactions']);
    engine.requestPull('bank', ['accounts', 'transactions']);
    open?.();
    await bench.clock.advance(1000);
    expect(pulls).toBe(3);
    expect(() => engine.requestPull('bnak', ['accounts'])).toThrow(
      'there is no connector "bnak"; there are: "bank"',
    );
    await engine.stop();
  });

  it('gives way to waiting streams in the middle of a long pull', async () => {
    let opened = 0;
    const endless = async function* (): AsyncGenerator<Page<Transaction>> {
      opened++;
      for (let number = 1; ; number++) {
        await bench.clock.advance(100);
        yield { items: [createTransaction(`t${number}`)], cursor: String(number) };
      }
    };
    const engine = bench.createEngine(
      [
        createBankConnector({ transactions: endless }),
        createBankConnector({ transactions: (since) => yieldNumberedPages(1, since) }, 'other'),
      ],
      { concurrency: 1, maxTurnMs: 1000 },
    );
    engine.start();
    void bench.clock.advance(1000);
    await waitUntil('the other connector is pulled', async () => (await bench.readIds('other')).length === 1);
    const before = (await bench.readIds()).length;
    await waitUntil('the long pull goes on', async () => (await bench.readIds()).length > before + 3);
    await engine.stop();
    expect(opened).toBe(1);
  });
});

describe('a failure', () => {
  it('in the middle of a listing is resumed after the last page, and nothing comes twice', async () => {
    const asked: (string | undefined)[] = [];
    const engine = bench.createEngine([
      createBankConnector({
        transactions: (since) => {
          asked.push(since);
          const failing = asked.length === 1;
          return yieldNumberedPages(5, since, (number) => {
            if (failing && number === 4) throw new PspError('unavailable', '502 Bad Gateway');
          });
        },
      }),
    ]);
    engine.start();
    await bench.clock.advance(1000);
    expect(await bench.readIds()).toEqual(['t1', 't2', 't3']);
    await bench.clock.advance(5000);
    expect(asked).toEqual([undefined, '3']);
    expect(await bench.readIds()).toEqual(createExpectedIds(5));
    expect(bench.findLogLines('bank transactions: 502 Bad Gateway')).toMatchObject([
      { level: LOG_LEVELS.warn, kind: 'unavailable', added: 3 },
    ]);
    await engine.stop();
  });

  it('is tried again later and later, but never given up, and other streams go on', async () => {
    let failures = 0;
    let healthy = 0;
    const engine = bench.createEngine([
      createBankConnector({
        transactions: () => {
          failures++;
          throw new TypeError('undefined is not a function');
        },
        accounts: () => (healthy++, yieldPages([])),
      }),
    ]);
    engine.start();
    await bench.clock.advance(MINUTE);
    const inFirstMinute = failures;
    expect(inFirstMinute).toBeGreaterThan(3);
    expect(inFirstMinute).toBeLessThan(8);
    await bench.clock.advance(60 * MINUTE);
    // The delay between retries is at most five minutes.
    expect(failures - inFirstMinute).toBeGreaterThanOrEqual(12);
    expect(failures - inFirstMinute).toBeLessThan(25);
    expect(healthy).toBeGreaterThan(55);
    const [line] = bench.findLogLines('undefined is not a function');
    expect(line).toMatchObject({ level: LOG_LEVELS.warn, connector: 'bank', stream: 'transactions' });
    expect(line?.['defect']).toContain('engine.spec');
    await engine.stop();
  });

  it('is not repeated faster because of repeated requests', async () => {
    let calls = 0;
    let error = new PspError('unavailable', 'connection refused');
    const engine = bench.createEngine([
      createBankConnector({
        transactions: () => {
          calls++;
          throw error;
        },
      }),
    ]);
    const requestPullsFor = async (minutes: number) => {
      const before = calls;
      for (let second = 0; second < minutes * 60; second++) {
        engine.requestPull('bank', ['transactions']);
        await bench.clock.advance(1000);
      }
      return calls - before;
    };
    engine.start();
    await requestPullsFor(5);
    expect(await requestPullsFor(5)).toBeLessThanOrEqual(31);
    error = new PspError('unauthorized', 'the key has expired');
    await bench.clock.advance(5 * MINUTE);
    expect(await requestPullsFor(5)).toBe(0);
    await engine.stop();
  });

  it('for too many requests keeps the whole connector quiet for as long as the PSP asks', async () => {
    const calls: string[] = [];
    const engine = bench.createEngine([
      createBankConnector({
        transactions: () => {
          calls.push('transactions');
          throw new PspError('rate-limited', 'slow down', { retryAfterMs: 10 * MINUTE });
        },
        accounts: () => (calls.push('accounts'), yieldPages([])),
      }),
    ]);
    engine.start();
    await bench.clock.advance(1000);
    expect(calls.sort()).toEqual(['accounts', 'transactions']);
    for (let minute = 0; minute < 9; minute++) {
      engine.requestPull('bank', ['transactions', 'accounts']);
      await bench.clock.advance(MINUTE);
    }
    expect(calls).toHaveLength(2);
    await bench.clock.advance(2 * MINUTE);
    // The stream with the rate limit does not delay the other streams.
    expect(calls.slice(2)).toEqual(['accounts', 'transactions']);
    await engine.stop();
  });

  it('of the credentials waits for a person, and says what to do, without the secret', async () => {
    let calls = 0;
    const engine = bench.createEngine([
      createBankConnector({
        transactions: () => {
          calls++;
          throw new PspError('unauthorized', 'Authorization: Bearer hunter2-hunter2 was not accepted');
        },
      }),
    ]);
    engine.start();
    await bench.clock.advance(1_000);
    expect(calls).toBe(1);
    // The delays before the retries are 30 s, 2, 8 and 15 minutes.
    for (const [minutes, expected] of [
      [1, 2],
      [2, 3],
      [8, 4],
      [10, 4],
      [5, 5],
    ] as const) {
      await bench.clock.advance(minutes * MINUTE);
      expect(calls).toBe(expected);
    }
    const [line] = bench.findLogLines('credentials');
    expect(line?.level).toBe(LOG_LEVELS.error);
    expect(line?.msg).toContain('check those under "settings" of connector bank');
    expect(JSON.stringify(bench.lines)).not.toContain('hunter2');
    await engine.stop();
  });

  it('to answer at all ends at the deadline, although the iterator does not even close', async () => {
    let opened = 0;
    const hung = {
      [Symbol.asyncIterator]: () => (
        opened++,
        { next: () => createPendingPromise<never>(), return: () => createPendingPromise<never>() }
      ),
    };
    const engine = bench.createEngine([
      createBankConnector({ transactions: () => hung, accounts: () => yieldPages([]) }),
    ]);
    engine.start();
    await bench.clock.advance(59_000);
    expect(bench.findLogLines('no answer')).toEqual([]);
    await bench.clock.advance(10_000);
    expect(bench.findLogLines('bank transactions: no answer within 60 s')).toHaveLength(1);
    expect(opened).toBe(2);
    expect(await bench.readMetric('tributary_plugin_call_errors_total', { call: 'transactions' })).toBe(1);
    const stopped = engine.stop();
    await bench.clock.advance(6_000);
    await stopped;
  });

  it('to end, with the same page for ever, is told from a listing that the feed has already', async () => {
    let given = 0;
    const engine = bench.createEngine(
      [
        createBankConnector({
          transactions: async function* () {
            for (;;) {
              given++;
              yield* yieldPages([{ items: [createTransaction('t1')], cursor: 'same' }]);
            }
          },
        }),
        createBankConnector(
          {
            // This listing returns known records again, always with the same cursor. It is long, but it ends.
            transactions: async function* () {
              for (let number = 1; number <= 100; number++)
                yield* yieldPages([{ items: [createTransaction(`t${number}`)], cursor: 'c' }]);
            },
          },
          'relisting',
        ),
      ],
      { maxRepeatedPages: 20 },
    );
    const runs = await engine.runOnce();
    expect(runs.map(({ error }) => error ?? 'ok')).toEqual([
      'ok',
      expect.stringContaining(
        'the listing repeats itself: 20 pages in a row were known, the last with the cursor "same"',
      ),
      'ok',
      'ok',
    ]);
    expect(given).toBeLessThan(25);
    const again = await engine.runOnce('relisting');
    expect(again[1]).toMatchObject({ pages: 100, records: 100, added: 0 });
    expect(again[1]).not.toHaveProperty('error');
  });
});

describe('a stop', () => {
  it('commits the page in hand, closes the listing, releases the lease and pulls no more', async () => {
    let closed = false;
    let asked = 0;
    let answer: (() => void) | undefined;
    const engine = bench.createEngine([
      createBankConnector({
        transactions: async function* () {
          try {
            for (asked = 1; ; asked++) {
              if (asked === 3) await new Promise<void>((resolve) => (answer = resolve));
              yield { items: [createTransaction(`t${asked}`)], cursor: String(asked) };
            }
          } finally {
            closed = true;
          }
        },
      }),
    ]);
    engine.start();
    await bench.clock.advance(1000);
    await waitUntil('the third page is asked for', () => answer !== undefined);
    const stopped = engine.stop();
    answer?.();
    await stopped;
    expect(closed).toBe(true);
    expect(asked).toBe(3);
    expect(await bench.readIds()).toEqual(['t1', 't2', 't3']);
    const feed = await bench.store.feed('bank', 'transactions');
    const lease = await feed.acquireLease({ host: 'there', pid: 1, id: 'other' }, 1000);
    expect(lease?.cursor).toBe('3');
    await bench.clock.advance(5 * MINUTE);
    expect(asked).toBe(3);
    expect(bench.clock.timerCount).toBe(0);
  });

  it('does not wait longer than the grace for a PSP that does not answer', async () => {
    const engine = bench.createEngine([
      createBankConnector({
        transactions: () => yieldNumberedPages(3, '0', (n) => (n === 2 ? createPendingPromise() : 0)),
      }),
    ]);
    engine.start();
    await bench.clock.advance(1000);
    let ended = false;
    const stopped = engine.stop().then(() => (ended = true));
    await bench.clock.advance(4_000);
    expect(ended).toBe(false);
    await bench.clock.advance(3_000);
    await stopped;
    expect(await bench.readIds()).toEqual(['t1']);
  });
});
