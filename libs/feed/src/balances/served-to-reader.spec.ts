/** Tests that the store returns which balances a reader got. */
import { openStore, type Store } from '../index.js';
import { STORES, type FreshStore } from '../testing/stores.js';

const OBSERVED_AT = Date.UTC(2026, 0, 1);

describe.each(STORES)('on $name, the balances of a reader', (kind) => {
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

  it('are served when the last response had the newest amounts', async () => {
    const balances = store.balances('bank');
    const observe = (accountId: string, amount: bigint, at: number) =>
      balances.recordObservation({ accountId, at, amounts: new Map([['EUR/2', amount]]) });
    await observe('a', 100n, OBSERVED_AT);
    await observe('b', 10n ** 30n, OBSERVED_AT);
    await balances.serveReaders([{ accountId: 'a', reader: 'formance', isCurrent: true }]);
    expect(await balances.findServedTo('formance', ['a', 'b', 'unknown'])).toEqual(
      new Map([
        ['a', { amounts: new Map([['EUR/2', '100']]), isServed: true }],
        ['b', { amounts: new Map([['EUR/2', String(10n ** 30n)]]), isServed: false }],
      ]),
    );
    expect((await balances.findServedTo('another-reader', ['a'])).get('a')).toMatchObject({
      isServed: false,
    });

    await observe('a', 100n, OBSERVED_AT + 3_600_000);
    expect((await balances.findServedTo('formance', ['a'])).get('a')).toMatchObject({ isServed: true });
    await observe('a', 101n, OBSERVED_AT + 7_200_000);
    expect((await balances.findServedTo('formance', ['a'])).get('a')).toMatchObject({ isServed: false });
  });
});
