/** Tests how many runs of a stream the store keeps. */
import { openStore, type Store, type SyncRun } from '../index.js';
import { runSql } from '../testing/raw-sql.js';
import { STORES, type FreshStore } from '../testing/stores.js';

const START = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
const QUIET: Omit<SyncRun, 'startedAt'> = {
  ...{ connector: 'bank', stream: 'transactions', duration: 5, pages: 1, records: 3 },
  ...{ added: 0, changed: 0, refused: 0 },
};

describe.each(STORES)('on $name, the runs', (kind) => {
  let fresh: FreshStore;
  let stores: Store[];

  beforeEach(async () => {
    fresh = await kind.createMigrated();
    stores = await Promise.all([1, 2, 3].map(() => openStore(fresh.url)));
  });

  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await fresh.remove();
  });

  const record = (minute: number, changes: Partial<SyncRun> = {}) =>
    stores[minute % stores.length]!.recordSyncRun({
      ...QUIET,
      startedAt: START + minute * MINUTE_MS,
      ...changes,
    });
  const countRows = async () =>
    Number((await runSql(fresh.url, 'select count(*) as rows from sync_runs'))[0]?.['rows']);

  it('of an idle stream that three gateways pull for two days are 145 rows at most', async () => {
    for (let minute = 0; minute < 2 * DAY_MINUTES; minute += 2) await record(minute);
    expect(await countRows()).toBeLessThanOrEqual(145);
    expect(await countRows()).toBeGreaterThan(140);
  }, 120_000);

  it('with news or an error are all kept for 30 days, and the newest one for ever', async () => {
    for (let minute = 0; minute < 5; minute++) await record(minute, { added: 1 });
    await record(5, { error: 'the PSP is down' });
    await record(6, { error: 'the PSP is down' });
    expect(await countRows()).toBe(7);
    await record(2 * DAY_MINUTES);
    expect(await countRows()).toBe(8);
    await record(31 * DAY_MINUTES);
    expect(await countRows()).toBe(1);
  });

  it('without news after one with news are recorded', async () => {
    await record(0);
    await record(1, { changed: 1 });
    await record(2);
    await record(3);
    expect(await countRows()).toBe(3);
  });

  it('of a clock that was set back are recorded', async () => {
    await record(60);
    await record(0);
    expect(await countRows()).toBe(2);
  });
});
