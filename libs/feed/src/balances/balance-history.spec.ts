/** Tests that the store keeps the last balances of each day of an account. */
import { openStore, type Store } from '../index.js';
import { runSql } from '../testing/raw-sql.js';
import { STORES, type FreshStore } from '../testing/stores.js';

const DAY_MS = 86_400_000;
const MIDNIGHT = Date.UTC(2026, 0, 1);
const ACCOUNT = { connector: 'bank', accountId: 'a' };

describe.each(STORES)('on $name, the balances of earlier days', (kind) => {
  let fresh: FreshStore;
  let store: Store;

  beforeEach(async () => {
    fresh = await kind.createMigrated();
    store = await openStore(fresh.url);
  });

  afterEach(async () => {
    await store.close();
    await fresh.remove();
  });

  const observe = (amount: bigint, at: number, accountId = ACCOUNT.accountId) =>
    store.balances('bank').recordObservation({ accountId, at, amounts: new Map([['EUR/2', amount]]) });

  async function readHistory(beforeMs: number | undefined = undefined, limit = 1000) {
    const days = await store.operator().listBalanceHistory(ACCOUNT, beforeMs, limit);
    return days.map(({ observedAt, amounts }) => [observedAt, amounts.get('EUR/2')]);
  }

  it('are the last ones of each UTC day, with the newest day first', async () => {
    await observe(1n, MIDNIGHT);
    await observe(10n ** 30n, MIDNIGHT + DAY_MS - 1);
    await observe(3n, MIDNIGHT + DAY_MS);
    await observe(-4n, MIDNIGHT + 5 * DAY_MS);
    await observe(9n, MIDNIGHT, 'another account');
    expect(await readHistory()).toEqual([
      [MIDNIGHT + 5 * DAY_MS, -4n],
      [MIDNIGHT + DAY_MS, 3n],
      [MIDNIGHT + DAY_MS - 1, 10n ** 30n],
    ]);
    expect(
      await store.operator().listBalanceHistory({ ...ACCOUNT, connector: 'other' }, undefined, 5),
    ).toEqual([]);
  });

  it('contain a day whose amounts did not change on the next day', async () => {
    await observe(7n, MIDNIGHT);
    await observe(7n, MIDNIGHT + DAY_MS + 60_000);
    await observe(7n, MIDNIGHT + 2 * DAY_MS + 60_000);
    expect((await readHistory()).map(([at]) => at)).toEqual([
      MIDNIGHT + 2 * DAY_MS + 60_000,
      MIDNIGHT + DAY_MS + 60_000,
      MIDNIGHT,
    ]);
  });

  it('are not changed by an observation that arrives late', async () => {
    await observe(1n, MIDNIGHT);
    await observe(2n, MIDNIGHT + DAY_MS);
    await observe(5n, MIDNIGHT + 1);
    expect(await readHistory()).toEqual([
      [MIDNIGHT + DAY_MS, 2n],
      [MIDNIGHT, 1n],
    ]);
  });

  it('are read page by page', async () => {
    for (let day = 0; day < 5; day++) await observe(BigInt(day), MIDNIGHT + day * DAY_MS + day);
    const pages = [await readHistory(undefined, 2)];
    for (let last = pages[0]?.at(-1); last !== undefined; last = pages.at(-1)?.at(-1))
      pages.push(await readHistory(Number(last[0]), 2));
    expect(pages.map((page) => page.map(([, amount]) => amount))).toEqual([[4n, 3n], [2n, 1n], [0n], []]);
  });

  it('are kept for 400 days with an observation', async () => {
    await observe(0n, MIDNIGHT);
    await runSql(
      fresh.url,
      `insert into balance_history (connector, account_id, day, observed_at, amounts)
       with recursive days (day) as (select 1 union all select day + 1 from days where day < 402)
       select 'bank', 'a', day, day * cast(86400000 as bigint), '{"EUR/2":"1"}' from days`,
    );
    await observe(1n, MIDNIGHT + 1000 * DAY_MS);
    const days = (await readHistory()).map(([at]) => Number(at) / DAY_MS);
    expect(days).toHaveLength(401);
    expect(days.slice(0, 2)).toEqual([MIDNIGHT / DAY_MS + 1000, MIDNIGHT / DAY_MS]);
    expect(days.at(-1)).toBe(4);
  });
});
