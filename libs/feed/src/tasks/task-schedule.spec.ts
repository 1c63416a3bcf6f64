/** Tests that only one of several processes gets a task, and that another process gets the task after the first process died. */
import { openStore, type Store } from '@tributary/feed';
import { STORES } from '../testing/stores.js';

it.each(STORES)('a task runs in one process, and again after its pause, in $name', async (kind) => {
  const fresh = await kind.createMigrated();
  let now = 1_000_000;
  const stores: Store[] = [];
  try {
    for (let count = 0; count < 2; count++) stores.push(await openStore(fresh.url, () => now));
    const claim = (index: number) => stores[index]!.tasks().claim('reconciliation:bank', 1000);
    const first = await claim(0);
    expect(first).toBeDefined();
    expect(await claim(1)).toBeUndefined();
    await first!.finish(60_000);
    now += 59_999;
    expect(await claim(1)).toBeUndefined();
    now += 1;
    const second = await claim(1);
    expect(await claim(0)).toBeUndefined();
    now += 999;
    expect(await second!.renew(1000)).toBe(true);
    now += 999;
    expect(await claim(0)).toBeUndefined();
    // The second process has died, so it does not renew its lease on the task.
    now += 1;
    const third = await claim(0);
    expect(third).toBeDefined();
    expect(await second!.renew(1000)).toBe(false);
    await second!.finish(0);
    expect(await claim(1)).toBeUndefined();
  } finally {
    for (const store of stores) await store.close();
    await fresh.remove();
  }
});
