/** Tests that gateways with one store share the schedule of the store. Together they call the PSP as often as one gateway would. */
import type { PspErrorKind } from '@tributary/connector-api';
import { PspError, STREAMS } from '@tributary/connector-api';
import { Registry } from 'prom-client';
import { getCurrentProcess } from '@tributary/feed';
import { STORES } from '../../../feed/src/testing/stores.js';
import { SyncEngine } from './sync-engine.js';
import {
  createBankConnector,
  SyncTestHarness,
  createExpectedIds,
  yieldNumberedPages,
} from '../testing/sync-test-harness.js';

const MINUTE = 60_000;
const GATEWAYS = 3;

describe.each(STORES)('three gateways on one store in $name', (kind) => {
  let bench: SyncTestHarness;
  let engines: SyncEngine[];
  let registries: Registry[];
  /** The number of the gateway that made each listing, in sequence. */
  let listings: number[];
  let count: number;
  let failing: (gateway: number) => PspErrorKind | undefined;
  const requestRetry = () =>
    bench.store.operator().requestPulls({ by: 'alice', via: 'command-line', connector: 'bank' }, STREAMS);

  beforeEach(async () => {
    bench = await SyncTestHarness.open(kind);
    listings = [];
    count = 0;
    failing = () => undefined;
    registries = Array.from({ length: GATEWAYS }, () => new Registry());
    engines = await Promise.all(registries.map((registry, gateway) => open(gateway, registry)));
    for (const engine of engines) engine.start();
    // Each gateway pulls once at its start, because its deployment file may have changed.
    await bench.clock.advance(MINUTE / 2);
    listings = [];
  });

  afterEach(async () => {
    await Promise.all(engines.map((engine) => engine.stop()));
    await bench.close();
  });

  async function open(gateway: number, registry: Registry): Promise<SyncEngine> {
    const transactions = (since?: string) => {
      listings.push(gateway);
      const kind = failing(gateway);
      if (kind) throw new PspError(kind, `the PSP answers gateway ${gateway} like this`);
      return yieldNumberedPages(count, since);
    };
    const store = await bench.openStore();
    const options = { ...bench.options(), registry, random: () => (gateway + 1) / (GATEWAYS + 1) };
    return new SyncEngine(store, [createBankConnector({ transactions })], options);
  }

  async function lag(registry: Registry): Promise<number> {
    const metrics = await registry.getMetricsAsJSON();
    const values = metrics.find(({ name }) => name === 'tributary_sync_lag_seconds')?.values ?? [];
    return values.find(({ labels }) => labels['stream'] === 'transactions')?.value ?? Infinity;
  }

  it('pull each stream once a period, in turns, and all know that it has caught up', async () => {
    for (count = 1; count <= 10; count++) await bench.clock.advance(MINUTE);
    expect(listings.length).toBeGreaterThanOrEqual(9);
    expect(listings.length).toBeLessThanOrEqual(11);
    expect(new Set(listings).size).toBeGreaterThan(1);
    for (const registry of registries) expect(await lag(registry)).toBeLessThanOrEqual(2 * 60);
    expect(bench.lines.some(({ outcome }) => outcome === 'rested')).toBe(true);
  });

  it('go on pulling when the clock is set back by an hour, and report no negative lag', async () => {
    await bench.clock.advance(2 * MINUTE);
    listings = [];
    bench.clock.shift(-60 * MINUTE);
    for (const registry of registries) expect(await lag(registry)).toBeGreaterThanOrEqual(0);
    count = 3;
    await bench.clock.advance(3 * MINUTE);
    expect(listings.length).toBeGreaterThanOrEqual(2);
    expect(listings.length).toBeLessThanOrEqual(5);
    expect(await bench.readIds()).toEqual(createExpectedIds(3));
    failing = () => 'unavailable';
    await bench.clock.advance(20 * MINUTE);
    for (const registry of registries) expect(await lag(registry)).toBeGreaterThan(15 * 60);
  });

  it('go on when one ends', async () => {
    await engines[0]?.stop();
    count = 3;
    await bench.clock.advance(2 * MINUTE);
    expect(await bench.readIds()).toEqual(createExpectedIds(3));
  });

  it('pull a stream at once after a webhook or a watch, even if another gateway pulled it last', async () => {
    count = 1;
    for (const engine of engines) {
      engine.requestPull('bank', ['transactions']);
      await bench.clock.advance(1000);
      expect(await bench.readIds()).toEqual(createExpectedIds(count++));
    }
    expect(listings).toEqual([0, 1, 2]);
  });

  it('leave a PSP alone together when it asks for it', async () => {
    failing = () => 'rate-limited';
    await bench.clock.advance(MINUTE);
    listings = [];
    await bench.clock.advance(10 * MINUTE);
    // A single gateway would also call the PSP this often, because its delays grow from 2 to 4, 8 and more seconds, up to 5 minutes.
    expect(listings.length).toBeLessThanOrEqual(9);
  });

  it('do not wait for one that alone cannot reach the PSP', async () => {
    failing = (gateway) => (gateway === 0 ? 'unavailable' : undefined);
    for (count = 1; count <= 10; count++) {
      await bench.clock.advance(MINUTE);
      expect((await bench.readIds()).length).toBeGreaterThanOrEqual(count - 1);
    }
    expect(listings.filter((gateway) => gateway !== 0).length).toBeGreaterThanOrEqual(8);
  });

  it('pull at once when an operator requests a retry after the credentials were repaired', async () => {
    failing = () => 'unauthorized';
    await bench.clock.advance(60 * MINUTE);
    failing = () => undefined;
    count = 2;
    listings = [];
    await bench.clock.advance(MINUTE / 2);
    expect(listings).toEqual([]);
    // There is one request for the accounts and one for the transactions.
    expect(await requestRetry()).toHaveLength(2);
    await bench.clock.advance(MINUTE / 6);
    expect(listings.length).toBeGreaterThan(0);
    expect(await bench.readIds()).toEqual(createExpectedIds(2));
    expect((await bench.store.findRequestedPulls()).map(({ stream }) => stream)).not.toContain(
      'transactions',
    );
  });

  it('try once for each request while the credentials are still rejected', async () => {
    failing = () => 'unauthorized';
    await bench.clock.advance(60 * MINUTE);
    for (let request = 0; request < 2; request++) {
      listings = [];
      await requestRetry();
      await bench.clock.advance(MINUTE / 3);
      expect(listings.toSorted()).toEqual([0, 1, 2]);
    }
    // After an operator's request, the delays between retries start again with 30 seconds.
    await bench.clock.advance(MINUTE / 2);
    expect(listings).toHaveLength(6);
  });

  it('keep a request that comes while a pull is failing', async () => {
    failing = () => 'unavailable';
    await bench.clock.advance(30 * MINUTE);
    const lease = await (
      await bench.store.feed('bank', 'transactions')
    ).acquireLease(getCurrentProcess(), MINUTE);
    await requestRetry();
    await lease?.release({ dueInMs: 5 * MINUTE, hasCaughtUp: false });
    expect((await bench.store.findRequestedPulls()).map(({ stream }) => stream)).toContain('transactions');
  });

  it('each try their own credentials', async () => {
    failing = (gateway) => (gateway === 0 ? 'unauthorized' : undefined);
    for (count = 1; count <= 5; count++) await bench.clock.advance(MINUTE);
    expect((await bench.readIds()).length).toBeGreaterThanOrEqual(4);
  });
});
