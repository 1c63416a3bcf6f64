/** Tests on both databases that the requests to PSPs about an order are limited in number and deleted when they expire. */
import { openStore } from '../store/open-store.js';
import { STORES, type FreshStore } from '../testing/stores.js';
import type { OrderExchange } from '../types/order-exchange.types.js';
import type { Store } from '../types/store.types.js';

const HOUR_MS = 3_600_000;

describe.each(STORES)('exchanges of orders on $name', (kind) => {
  let fresh: FreshStore;
  let store: Store;
  let now: number;
  beforeEach(async () => {
    now = Date.UTC(2026, 5, 1);
    fresh = await kind.createMigrated();
    store = await openStore(fresh.url, () => now);
  });
  afterEach(async () => {
    await store.close();
    await fresh.remove();
  });

  const exchange = (changes: Partial<OrderExchange>): OrderExchange => ({
    ...{ orderId: 'o1', at: now, position: 0, action: 'send', attempt: 1, body: '{"path":"/ü"}' },
    ...changes,
  });
  const append = (...exchanges: OrderExchange[]) => store.orderExchanges().append(exchanges, HOUR_MS);
  const find = (orderId = 'o1') => store.orderExchanges().findByOrder(orderId);

  it('returns the exchanges of one order, oldest first, and ignores a second one of the same moment', async () => {
    const first = exchange({ position: 0 });
    const second = exchange({ position: 1 });
    const earlier = exchange({ at: now - 5, action: 'lookup', attempt: 0 });
    await append(second, first, exchange({ orderId: 'o2' }));
    await append(earlier, exchange({ position: 1, body: 'ignored' }));
    expect(await find()).toEqual([earlier, first, second]);
    await append();
  });

  it('keeps the first three attempts and the newest forty exchanges of an order', async () => {
    for (let attempt = 1; attempt <= 4; attempt += 1) await append(exchange({ at: now + attempt, attempt }));
    for (let minute = 1; minute <= 60; minute += 1)
      await append(exchange({ at: now + minute * 60_000, action: 'lookup', attempt: 4 }));
    await append(exchange({ orderId: 'o2' }));
    const found = await find();
    expect(found.slice(0, 3).map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(found.slice(3).map(({ at }) => (at - now) / 60_000)).toEqual(
      Array.from({ length: 40 }, (_, index) => 21 + index),
    );
    expect(await find('o2')).toHaveLength(1);
  });

  it('does not return expired exchanges, and deletes them in batches', async () => {
    const many = Array.from({ length: 1_500 }, (_, index) => exchange({ orderId: `many-${index}` }));
    await append(exchange({}), ...many);
    now += HOUR_MS - 1;
    await append(exchange({ orderId: 'o2' }));
    expect(await find()).toHaveLength(1);
    expect(await store.orderExchanges().deleteExpired()).toBe(false);
    expect(await find()).toHaveLength(1);
    now += 1;
    expect(await find()).toEqual([]);
    expect(await store.orderExchanges().deleteExpired()).toBe(true);
    expect(await store.orderExchanges().deleteExpired()).toBe(false);
    now -= 1;
    expect(await find()).toEqual([]);
    expect(await find('many-1499')).toEqual([]);
    expect(await find('o2')).toHaveLength(1);
  });
});
