import { PspError } from '@tributary/connector-api';
import type { Page, Transaction } from '@tributary/connector-api';
import {
  bank,
  Bench,
  expectedIds,
  LEVEL,
  never,
  numbered,
  account,
  pages,
  transaction,
} from './testing/bench.js';
import { SyncEngine } from './engine.js';
import { until } from './testing/manual-clock.js';

const MINUTE = 60_000;

let bench: Bench;

beforeEach(async () => {
  bench = await Bench.open();
});

afterEach(async () => {
  await bench.close();
});

describe('the schedule', () => {
  it('pulls every stream of every connector, again and again', async () => {
    let now = 1;
    const connectors = ['bank', 'acme/bank'].map((path) =>
      bank(
        {
          accounts: (since) => pages(since ? [] : [{ items: [account('a')], cursor: 'x' }]),
          beneficiaries: (since) =>
            pages(since ? [] : [{ items: [{ id: 'b', ownerName: 'Bea' }], cursor: 'x' }]),
          transactions: (since) => numbered(now, since),
        },
        path,
      ),
    );
    const engine = bench.engine(connectors);
    engine.start();
    await bench.clock.advance(MINUTE / 2);
    expect(await bench.ids('bank', 'accounts')).toEqual(['a']);
    expect(await bench.ids('bank', 'beneficiaries')).toEqual(['b']);
    expect(await bench.ids('acme/bank', 'accounts')).toEqual(['a']);
    expect(await bench.ids('acme/bank')).toEqual(['t1']);
    now = 3;
    await bench.clock.advance(MINUTE);
    expect(await bench.ids('bank')).toEqual(['t1', 't2', 't3']);
    expect(await bench.ids('acme/bank')).toEqual(['t1', 't2', 't3']);
    await engine.stop();
    now = 4;
    await bench.clock.advance(2 * MINUTE);
    expect(await bench.ids('bank')).toEqual(['t1', 't2', 't3']);
  });

  it('does not start a thousand connectors together, and costs them one timer a stream', async () => {
    let pulled = 0;
    const transactions = () => (pulled++, pages<Transaction>([]));
    const connectors = Array.from({ length: 1000 }, (_, index) => bank({ transactions }, `bank-${index}`));
    const engine = new SyncEngine(bench.store, connectors, { ...bench.options(), random: Math.random });
    engine.start();
    expect(bench.clock.armed).toBe(2000);
    await bench.clock.advance(4_000);
    // The first pulls are spread evenly over 40 seconds.
    expect(pulled).toBeGreaterThan(50);
    expect(pulled).toBeLessThan(200);
    expect(bench.clock.armed).toBe(2000);
    await engine.stop();
    expect(bench.clock.armed).toBe(0);
  });

  it('pulls at once when asked, once for many requests, and again for a request during a pull', async () => {
    let pulls = 0;
    let open: (() => void) | undefined;
    const engine = bench.engine([
      bank({
        transactions: async function* () {
          if (++pulls === 2) await new Promise<void>((resolve) => (open = resolve));
          yield* pages<Transaction>([]);
        },
      }),
    ]);
    engine.start();
    await bench.clock.advance(1000);
    expect(pulls).toBe(1);
    for (let burst = 0; burst < 5; burst++) engine.pull('bank', ['transactions']);
    await bench.clock.advance(1000);
    expect(pulls).toBe(2);
    engine.pull('bank', ['transactions']);
    engine.pull('bank', ['accounts', 'transactions']);
    open?.();
    await bench.clock.advance(1000);
    expect(pulls).toBe(3);
    expect(() => engine.pull('bnak', ['accounts'])).toThrow(
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
        yield { items: [transaction(`t${number}`)], cursor: String(number) };
      }
    };
    const engine = bench.engine(
      [bank({ transactions: endless }), bank({ transactions: (since) => numbered(1, since) }, 'other')],
      { concurrency: 1, turn: 1000 },
    );
    engine.start();
    void bench.clock.advance(1000);
    await until('the other connector is pulled', async () => (await bench.ids('other')).length === 1);
    const before = (await bench.ids()).length;
    await until('the long pull goes on', async () => (await bench.ids()).length > before + 3);
    await engine.stop();
    expect(opened).toBe(1);
  });
});

describe('a failure', () => {
  it('in the middle of a listing is resumed after the last page, and nothing comes twice', async () => {
    const asked: (string | undefined)[] = [];
    const engine = bench.engine([
      bank({
        transactions: (since) => {
          asked.push(since);
          const failing = asked.length === 1;
          return numbered(5, since, (number) => {
            if (failing && number === 4) throw new PspError('unavailable', '502 Bad Gateway');
          });
        },
      }),
    ]);
    engine.start();
    await bench.clock.advance(1000);
    expect(await bench.ids()).toEqual(['t1', 't2', 't3']);
    await bench.clock.advance(5000);
    expect(asked).toEqual([undefined, '3']);
    expect(await bench.ids()).toEqual(expectedIds(5));
    expect(bench.logged('bank transactions: 502 Bad Gateway')).toMatchObject([
      { level: LEVEL.warn, kind: 'unavailable', added: 3 },
    ]);
    await engine.stop();
  });

  it('is tried again later and later, but never given up, and other streams go on', async () => {
    let failures = 0;
    let healthy = 0;
    const engine = bench.engine([
      bank({
        transactions: () => {
          failures++;
          throw new TypeError('undefined is not a function');
        },
        accounts: () => (healthy++, pages([])),
      }),
    ]);
    engine.start();
    await bench.clock.advance(MINUTE);
    const inFirstMinute = failures;
    expect(inFirstMinute).toBeGreaterThan(3);
    expect(inFirstMinute).toBeLessThan(8);
    await bench.clock.advance(60 * MINUTE);
    // The maximum back-off is five minutes.
    expect(failures - inFirstMinute).toBeGreaterThanOrEqual(12);
    expect(failures - inFirstMinute).toBeLessThan(25);
    expect(healthy).toBeGreaterThan(55);
    const [line] = bench.logged('undefined is not a function');
    expect(line).toMatchObject({ level: LEVEL.warn, connector: 'bank', stream: 'transactions' });
    expect(line?.['defect']).toContain('engine.spec');
    await engine.stop();
  });

  it('is not tried faster because somebody keeps asking', async () => {
    let calls = 0;
    let error = new PspError('unavailable', 'connection refused');
    const engine = bench.engine([
      bank({
        transactions: () => {
          calls++;
          throw error;
        },
      }),
    ]);
    const askFor = async (minutes: number) => {
      const before = calls;
      for (let second = 0; second < minutes * 60; second++) {
        engine.pull('bank', ['transactions']);
        await bench.clock.advance(1000);
      }
      return calls - before;
    };
    engine.start();
    await askFor(5);
    expect(await askFor(5)).toBeLessThanOrEqual(31);
    error = new PspError('unauthorized', 'the key has expired');
    await bench.clock.advance(5 * MINUTE);
    expect(await askFor(5)).toBe(0);
    await engine.stop();
  });

  it('for too many requests keeps the whole connector quiet for as long as the PSP asks', async () => {
    const calls: string[] = [];
    const engine = bench.engine([
      bank({
        transactions: () => {
          calls.push('transactions');
          throw new PspError('rate-limited', 'slow down', { retryAfter: 10 * MINUTE });
        },
        accounts: () => (calls.push('accounts'), pages([])),
      }),
    ]);
    engine.start();
    await bench.clock.advance(1000);
    expect(calls.sort()).toEqual(['accounts', 'transactions']);
    for (let minute = 0; minute < 9; minute++) {
      engine.pull('bank', ['transactions', 'accounts']);
      await bench.clock.advance(MINUTE);
    }
    expect(calls).toHaveLength(2);
    await bench.clock.advance(2 * MINUTE);
    // The throttled stream does not delay the other streams.
    expect(calls.slice(2)).toEqual(['accounts', 'transactions']);
    await engine.stop();
  });

  it('of the credentials waits for a person, and says what to do, without the secret', async () => {
    let calls = 0;
    const engine = bench.engine([
      bank({
        transactions: () => {
          calls++;
          throw new PspError('unauthorized', 'Authorization: Bearer hunter2-hunter2 was not accepted');
        },
      }),
    ]);
    engine.start();
    await bench.clock.advance(10 * MINUTE);
    expect(calls).toBe(1);
    const [line] = bench.logged('credentials');
    expect(line?.level).toBe(LEVEL.error);
    expect(line?.msg).toContain('check those under "settings" of connector bank');
    expect(JSON.stringify(bench.lines)).not.toContain('hunter2');
    await bench.clock.advance(10 * MINUTE);
    expect(calls).toBe(2);
    await engine.stop();
  });

  it('to answer at all ends at the deadline, although the iterator does not even close', async () => {
    let opened = 0;
    const hung = {
      [Symbol.asyncIterator]: () => (opened++, { next: () => never<never>(), return: () => never<never>() }),
    };
    const engine = bench.engine([bank({ transactions: () => hung, accounts: () => pages([]) })]);
    engine.start();
    await bench.clock.advance(59_000);
    expect(bench.logged('no answer')).toEqual([]);
    await bench.clock.advance(10_000);
    expect(bench.logged('bank transactions: no answer within 60 s')).toHaveLength(1);
    expect(opened).toBe(2);
    expect(await bench.metric('tributary_plugin_call_errors_total', { call: 'transactions' })).toBe(1);
    const stopped = engine.stop();
    await bench.clock.advance(6_000);
    await stopped;
  });

  it('to end, with the same page for ever, is told from a listing that the feed has already', async () => {
    let given = 0;
    const engine = bench.engine(
      [
        bank({
          transactions: async function* () {
            for (;;) {
              given++;
              yield* pages([{ items: [transaction('t1')], cursor: 'same' }]);
            }
          },
        }),
        bank(
          {
            // Lists everything again under one cursor: a long listing of known records that ends.
            transactions: async function* () {
              for (let number = 1; number <= 100; number++)
                yield* pages([{ items: [transaction(`t${number}`)], cursor: 'c' }]);
            },
          },
          'relisting',
        ),
      ],
      { repeatedPages: 20 },
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
    const engine = bench.engine([
      bank({
        transactions: async function* () {
          try {
            for (asked = 1; ; asked++) {
              if (asked === 3) await new Promise<void>((resolve) => (answer = resolve));
              yield { items: [transaction(`t${asked}`)], cursor: String(asked) };
            }
          } finally {
            closed = true;
          }
        },
      }),
    ]);
    engine.start();
    await bench.clock.advance(1000);
    await until('the third page is asked for', () => answer !== undefined);
    const stopped = engine.stop();
    answer?.();
    await stopped;
    expect(closed).toBe(true);
    expect(asked).toBe(3);
    expect(await bench.ids()).toEqual(['t1', 't2', 't3']);
    const feed = await bench.store.feed('bank', 'transactions');
    const lease = await feed.lease({ host: 'there', pid: 1, id: 'other' }, 1000);
    expect(lease?.cursor).toBe('3');
    await bench.clock.advance(5 * MINUTE);
    expect(asked).toBe(3);
    expect(bench.clock.armed).toBe(0);
  });

  it('does not wait longer than the grace for a PSP that does not answer', async () => {
    const engine = bench.engine([
      bank({ transactions: () => numbered(3, '0', (n) => (n === 2 ? never() : 0)) }),
    ]);
    engine.start();
    await bench.clock.advance(1000);
    let ended = false;
    const stopped = engine.stop().then(() => (ended = true));
    await bench.clock.advance(4_000);
    expect(ended).toBe(false);
    await bench.clock.advance(3_000);
    await stopped;
    expect(await bench.ids()).toEqual(['t1']);
  });
});
