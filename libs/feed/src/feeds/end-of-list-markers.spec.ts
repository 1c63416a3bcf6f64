/** Tests that all gateways share the markers that show which page was the end of a list. */
import { openStore, type Feed, type Store } from '../index.js';
import { STORES, type FreshStore } from '../testing/stores.js';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);
const SIZE = 100;

describe.each(STORES)('the last page of a reading on $name', (kind) => {
  let fresh: FreshStore;
  let stores: Store[];
  let now: number;
  let here: Feed;
  let there: Feed;

  beforeEach(async () => {
    now = START;
    fresh = await kind.createMigrated();
    stores = [await openStore(fresh.url, () => now), await openStore(fresh.url, () => now)];
    [here, there] = (await Promise.all(stores.map((store) => store.feed('bank', 'transactions')))) as [
      Feed,
      Feed,
    ];
  });
  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await fresh.remove();
  });

  it('is known to another gateway, and ends what comes behind it', async () => {
    await here.recordEndOfList(START, 3, SIZE);
    expect(await there.isPastEndOfList(START, 3, SIZE)).toBe(false);
    expect(await there.isPastEndOfList(START, 4, SIZE)).toBe(true);
    expect(await there.isPastEndOfList(START, 9, SIZE)).toBe(true);
  });

  it('says nothing about other readings', async () => {
    await here.recordEndOfList(START, 1, SIZE);
    expect(await there.isPastEndOfList(START + 1000, 2, SIZE)).toBe(false);
    expect(await there.isPastEndOfList(undefined, 2, SIZE)).toBe(false);
    expect(await there.isPastEndOfList(START, 2, 25)).toBe(false);
    const other = await stores[1]!.feed('bank', 'beneficiaries');
    expect(await other.isPastEndOfList(START, 2, SIZE)).toBe(false);
  });

  it('knows readings of everything, too', async () => {
    await here.recordEndOfList(undefined, 1, SIZE);
    expect(await there.isPastEndOfList(undefined, 2, SIZE)).toBe(true);
  });

  it('is forgotten after a minute, counted from the last time it was told', async () => {
    await here.recordEndOfList(START, 1, SIZE);
    now = START + MINUTE - 1;
    expect(await there.isPastEndOfList(START, 2, SIZE)).toBe(true);
    await there.recordEndOfList(START, 1, SIZE);
    now = START + MINUTE + 1;
    expect(await here.isPastEndOfList(START, 2, SIZE)).toBe(true);
    now = START + 2 * MINUTE;
    expect(await here.isPastEndOfList(START, 2, SIZE)).toBe(false);
  });

  it('stays when a later page is told to be the last', async () => {
    await here.recordEndOfList(START, 2, SIZE);
    await there.recordEndOfList(START, 5, SIZE);
    expect(await here.isPastEndOfList(START, 3, SIZE)).toBe(true);
  });
});
