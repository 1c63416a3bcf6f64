/**
 * Appends pages of 1000 rows, and reports the memory of the process after each given number of rows:
 * `node memory-growth.js <store> <rows> …`.
 */
import { openStore, getCurrentProcess } from '@tributary/feed';
import { createRecords } from './test-records.js';

const PAGE_SIZE = 1000;

const [url = '', ...marks] = process.argv.slice(2);
const store = await openStore(url);
const lease = await (await store.feed('bench', 'transactions')).acquireLease(getCurrentProcess(), 3_600_000);
if (!lease) throw new Error('the feed of the benchmark is held by another writer');
let rows = 0;
for (const mark of marks.map(Number)) {
  while (rows < mark) {
    const records = createRecords(rows, PAGE_SIZE);
    rows += PAGE_SIZE;
    await lease.append({
      records,
      rejected: [],
      warnings: [],
      resolvedIds: [],
      balances: [],
      cursor: String(rows),
    });
  }
  // A garbage collection is forced here. Otherwise the result would depend on the time of the last garbage collection.
  globalThis.gc?.();
  process.send?.(process.memoryUsage.rss());
}
await store.close();
process.disconnect();
