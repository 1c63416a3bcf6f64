import { getCurrentProcess } from '@tributary/feed';
import { STORES } from '../../../feed/src/testing/stores.js';
import { spawnSync } from 'node:child_process';
import { SyncEngine } from './sync-engine.js';
import {
  createBankConnector,
  SyncTestHarness,
  createExpectedIds,
  yieldNumberedPages,
} from '../testing/sync-test-harness.js';
import { ManualClock, waitUntil } from '../testing/manual-clock.js';

const MINUTE = 60_000;

let bench: SyncTestHarness;

afterEach(async () => {
  await bench.close();
});

describe.each(STORES)('two engines on one store in $name', (kind) => {
  beforeEach(async () => {
    bench = await SyncTestHarness.open(kind);
  });

  it('never list a stream at the same time, and append each row once', async () => {
    let listing = 0;
    let most = 0;
    let count = 0;
    const transactions = async function* (since?: string) {
      most = Math.max(most, ++listing);
      try {
        yield* yieldNumberedPages(
          count,
          since,
          () => new Promise((resolve) => bench.clock.after(500, () => resolve(0))),
        );
      } finally {
        listing--;
      }
    };
    const connectors = [createBankConnector({ transactions })];
    const other = await bench.openStore();
    const engines = [
      new SyncEngine(bench.store, connectors, bench.options()),
      new SyncEngine(other, connectors, bench.options()),
    ];
    for (const engine of engines) engine.start();
    for (count = 10; count <= 40; count += 10) await bench.clock.advance(MINUTE);
    expect(most).toBe(1);
    expect(await bench.readIds()).toEqual(createExpectedIds(40));
    await Promise.all(engines.map((engine) => engine.stop()));
  });

  it('go on without the one that fell silent in the middle of a page, and what it writes late is refused', async () => {
    const frozen = new ManualClock();
    let wakeUp: (() => void) | undefined;
    const silent = new SyncEngine(
      bench.store,
      [
        createBankConnector({
          transactions: (since) =>
            yieldNumberedPages(6, since, (number) =>
              number === 4 ? new Promise<void>((resolve) => (wakeUp = resolve)) : 0,
            ),
        }),
      ],
      bench.options({}, frozen),
    );
    silent.start();
    await frozen.advance(1000);
    await waitUntil('the fourth page is asked for', () => wakeUp !== undefined);
    expect(await bench.readIds()).toEqual(createExpectedIds(3));

    const asked: (string | undefined)[] = [];
    const connectors = [
      createBankConnector({ transactions: (since) => (asked.push(since), yieldNumberedPages(8, since)) }),
    ];
    const successor = new SyncEngine(await bench.openStore(), connectors, bench.options());
    successor.start();
    await bench.clock.advance(8_000);
    expect(asked).toEqual([]);
    await bench.clock.advance(20_000);
    expect(asked[0]).toBe('3');
    expect(await bench.readIds()).toEqual(createExpectedIds(8));

    wakeUp?.();
    await waitUntil(
      'the silent one notices',
      () => bench.findLogLines('another process has taken over').length > 0,
    );
    expect(await bench.readIds()).toEqual(createExpectedIds(8));
    await successor.stop();
    const stopped = silent.stop();
    await frozen.advance(10_000);
    await stopped;
    const runs = await bench.store
      .operator()
      .listSyncRuns({ connector: 'bank', onlyFailed: true }, undefined, 9);
    expect(runs).toEqual([]);
  });

  it('lose nothing to a process of this machine that has died: its lease is free at once', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    const feed = await bench.store.feed('bank', 'transactions');
    expect(await feed.acquireLease({ ...getCurrentProcess(), pid }, MINUTE)).toBeDefined();
    const runs = await bench
      .createEngine([createBankConnector({ transactions: (since) => yieldNumberedPages(2, since) })])
      .runOnce();
    expect(runs.at(-1)).toMatchObject({ added: 2 });
  });

  it('keep the lease during a long page, by its heartbeat', async () => {
    let answer: (() => void) | undefined;
    const engine = bench.createEngine([
      createBankConnector({
        transactions: (since) =>
          yieldNumberedPages(1, since, () => new Promise<void>((resolve) => (answer = resolve))),
      }),
    ]);
    engine.start();
    await bench.clock.advance(55_000);
    const feed = await bench.store.feed('bank', 'transactions');
    expect(await feed.acquireLease({ host: 'there', pid: 1, id: 'other' }, 1000)).toBeUndefined();
    answer?.();
    await waitUntil('the page is committed', async () => (await bench.readIds()).length === 1);
    await engine.stop();
  });

  it('say so when a single run finds the stream taken, after the time a dead one can block it', async () => {
    const feed = await bench.store.feed('bank', 'transactions');
    const held = await feed.acquireLease({ host: 'there', pid: 1, id: 'other' }, 10 * MINUTE);
    const engine = bench.createEngine([
      createBankConnector({ transactions: (since) => yieldNumberedPages(2, since) }),
    ]);
    let runs: { error?: string }[] | undefined;
    const done = engine.runOnce('bank').then((result) => (runs = result));
    await bench.clock.advance(9_000);
    expect(runs).toBeUndefined();
    await bench.clock.advance(2_000);
    await done;
    expect(runs?.[1]?.error).toBe('another process is pulling this stream');
    await held?.release();
    expect((await engine.runOnce('bank'))[1]).toMatchObject({ added: 2 });
  });
});
