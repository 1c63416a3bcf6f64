/**
 * Appends pages of 1000 rows and reports the memory of the process at each mark: `node memory-growth.js <store>
 * <rows> …`.
 */
import { openStore, thisProcess } from '@tributary/feed';
import { recordsFrom } from './records.js';

const PAGE = 1000;

const [url = '', ...marks] = process.argv.slice(2);
const store = await openStore(url);
const lease = await (await store.feed('bench', 'transactions')).lease(thisProcess(), 3_600_000);
if (!lease) throw new Error('the feed of the benchmark is held by another writer');
let rows = 0;
for (const mark of marks.map(Number)) {
  while (rows < mark) {
    const records = recordsFrom(rows, PAGE);
    rows += PAGE;
    await lease.append({
      records,
      refused: [],
      findings: [],
      cleared: [],
      balances: [],
      cursor: String(rows),
    });
  }
  // Without this collection the figure would depend on when the garbage collector ran last.
  globalThis.gc?.();
  process.send?.(process.memoryUsage.rss());
}
await store.close();
process.disconnect();
