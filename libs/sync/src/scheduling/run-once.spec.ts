import type { Stream, Transaction } from '@tributary/connector-api';
import type { SyncProgress } from '../sync.types.js';
import {
  createAccount,
  createBankConnector,
  SyncTestHarness,
  LOG_LEVELS,
  createPendingPromise,
  yieldNumberedPages,
  yieldPages,
  createTransaction,
} from '../testing/sync-test-harness.js';

let bench: SyncTestHarness;

beforeEach(async () => {
  bench = await SyncTestHarness.open();
});

afterEach(async () => {
  await bench.close();
});

describe('a single run', () => {
  it('reports its progress page by page, and what it did', async () => {
    const engine = bench.createEngine([
      createBankConnector({
        transactions: async function* () {
          for (let done = 1; done <= 3; done++) {
            const items = [createTransaction(`t${done}`), { id: `r${done}`, reason: 'x' }];
            yield { items, cursor: String(done), progress: { done, total: 3, unit: 'files' } };
          }
        },
        accounts: () => yieldPages([{ items: [createAccount('a')], cursor: '1' }]),
      }),
      createBankConnector({ transactions: () => yieldNumberedPages(1) }, 'other'),
    ]);
    const progress: SyncProgress[] = [];
    const runs = await engine.runOnce('bank', (step) => progress.push(step));
    expect(runs.map(({ connector, stream, added }) => ({ connector, stream, added }))).toEqual([
      { connector: 'bank', stream: 'accounts', added: 1 },
      { connector: 'bank', stream: 'transactions', added: 3 },
    ]);
    expect(progress.filter(({ stream }) => stream === 'transactions')).toEqual([
      ...[1, 2, 3].map((done) => ({
        ...{ connector: 'bank', stream: 'transactions', finished: false },
        ...{ pages: done, records: 2 * done, added: done, changed: 0, refused: done },
        listing: { done, total: 3, unit: 'files' },
      })),
      {
        ...{ connector: 'bank', stream: 'transactions', finished: true },
        ...{ pages: 3, records: 6, added: 3, changed: 0, refused: 3 },
      },
    ]);
    expect(await bench.readIds('other')).toEqual([]);
    await expect(engine.runOnce('othr')).rejects.toThrow('no connector "othr"; there are: "bank", "other"');
  });

  it('adds the metadata of the connector to its accounts, and to no other record', async () => {
    const connector = {
      ...createBankConnector({
        accounts: () => yieldPages([{ items: [createAccount('a')], cursor: '1' }]),
        transactions: () => yieldNumberedPages(1),
      }),
      accountMetadata: { 'com.tributary.spec/connector': 'bank', 'com.tributary.spec/tenant': undefined },
    };
    await bench.createEngine([connector]).runOnce();
    expect(await bench.readRows('bank', 'accounts')).toMatchObject([
      { id: 'a', metadata: { 'com.tributary.spec/connector': 'bank' } },
    ]);
    expect((await bench.readRows())[0]).not.toHaveProperty('metadata');
  });

  it('ends at the next page when it is told to', async () => {
    const controller = new AbortController();
    const engine = bench.createEngine([
      createBankConnector({ transactions: (since) => yieldNumberedPages(10, since) }),
    ]);
    const runs = await engine.runOnce(
      undefined,
      ({ pages }) => pages === 4 && controller.abort(),
      controller.signal,
    );
    expect(runs[1]).toMatchObject({ pages: 4, added: 4, error: 'stopped before it had caught up' });
    expect((await engine.runOnce())[1]).toMatchObject({ added: 6 });
  });
});

describe('what a sync did', () => {
  it('is one line: information when something happened, detail when not', async () => {
    let status: Transaction['status'] = 'PENDING';
    const engine = bench.createEngine([
      createBankConnector({
        transactions: () =>
          yieldPages([{ items: [createTransaction('a', { status }), createTransaction('b')], cursor: 'c' }]),
      }),
    ]);
    await engine.runOnce();
    status = 'SUCCEEDED';
    await engine.runOnce();
    await engine.runOnce();
    expect(bench.findLogLines('bank transactions: ').map(({ level, msg }) => [level, msg])).toEqual([
      [LOG_LEVELS.info, 'bank transactions: 2 records in 1 page, 2 new'],
      [LOG_LEVELS.info, 'bank transactions: 2 records in 1 page, 1 changed'],
      [LOG_LEVELS.debug, 'bank transactions: 2 records in 1 page, nothing new'],
    ]);
    const change = (name: string) => bench.readMetric('tributary_sync_rows_total', { change: name });
    expect([await change('added'), await change('changed')]).toEqual([2, 1]);
  });

  it('shows how long the last success of a stream is ago', async () => {
    let broken = false;
    const engine = bench.createEngine([
      createBankConnector({
        transactions: () =>
          broken ? yieldNumberedPages(1, '0', () => createPendingPromise()) : yieldPages<Transaction>([]),
      }),
    ]);
    const lag = () => bench.readMetric('tributary_sync_lag_seconds', { stream: 'transactions' });
    engine.start();
    await bench.clock.advance(50_000);
    expect(await lag()).toBeLessThanOrEqual(50);
    broken = true;
    await bench.clock.advance(550_000);
    expect(await lag()).toBeGreaterThan(500);
    const stopped = engine.stop();
    await bench.clock.advance(10_000);
    await stopped;
    expect(await lag()).toBeUndefined();
  });
});

describe('a plugin that watches', () => {
  it('has its streams pulled at once, and is listened to again after it failed', async () => {
    let count = 1;
    let opened = 0;
    let closed = 0;
    let tell: ((streams: Stream[] | Error) => void) | undefined;
    const engine = bench.createEngine([
      {
        ...createBankConnector({
          transactions: (since) => yieldNumberedPages(count, since),
          watch: async function* (signal) {
            opened++;
            try {
              while (!signal.aborted) {
                const next = await new Promise<Stream[] | Error>((resolve) => {
                  tell = resolve;
                  signal.addEventListener('abort', () => resolve([]));
                });
                if (next instanceof Error) throw next;
                yield next;
              }
            } finally {
              closed++;
            }
          },
        }),
        pullIntervalMs: 3_600_000,
      },
    ]);
    engine.start();
    await bench.clock.advance(1000);
    count = 2;
    tell?.(['transactions']);
    await bench.clock.advance(1000);
    expect(await bench.readIds()).toEqual(['t1', 't2']);
    tell?.(new Error('too many open files'));
    await bench.clock.advance(1000);
    expect(bench.findLogLines('too many open files')).toMatchObject([
      { level: LOG_LEVELS.warn, connector: 'bank' },
    ]);
    await bench.clock.advance(5000);
    expect(opened).toBe(2);
    count = 3;
    tell?.(['transactions', 'accounts']);
    await bench.clock.advance(1000);
    expect(await bench.readIds()).toEqual(['t1', 't2', 't3']);
    await engine.stop();
    expect(closed).toBe(2);
  });

  it('is listened to soon again when it had worked in between, and later and later when not', async () => {
    let opened = 0;
    let works = true;
    const watch = async function* (): AsyncGenerator<Stream[]> {
      opened++;
      if (works) yield ['accounts'];
      throw new Error('connection reset');
    };
    const engine = bench.createEngine([createBankConnector({ watch })]);
    engine.start();
    await bench.clock.advance(600_000);
    expect(opened).toBeGreaterThan(300);
    works = false;
    opened = 0;
    await bench.clock.advance(600_000);
    expect(opened).toBeLessThan(12);
    await engine.stop();
  });

  it('and hangs does not keep the engine from stopping', async () => {
    const engine = bench.createEngine([
      createBankConnector({
        watch: () => ({
          [Symbol.asyncIterator]: () => ({
            next: () => createPendingPromise(),
            return: () => createPendingPromise(),
          }),
        }),
      }),
    ]);
    engine.start();
    await bench.clock.advance(1000);
    const stopped = engine.stop();
    await bench.clock.advance(8000);
    await stopped;
    expect(bench.clock.timerCount).toBe(0);
  });
});
