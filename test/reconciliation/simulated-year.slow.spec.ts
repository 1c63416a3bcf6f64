/** The whole simulated year: 300,000 rows of PSPs. It prints its time and its memory. */
import { DEFAULT_STORE } from '../../libs/feed/src/testing/stores.js';
import { reconcileYear } from './reconcile-year.js';

it('60 faults in 300,000 rows', async () => {
  const fresh = await DEFAULT_STORE.create();
  try {
    const started = performance.now();
    const { first, found, expected, repetition } = await reconcileYear(fresh.url, 300_000, 4, 11);
    const seconds = Math.round((performance.now() - started) / 1000);
    process.stderr.write(`simulated year: ${seconds} s with the creation of the data\n`);
    expect(found).toEqual(expected);
    expect(first.summary.problems).toEqual([]);
    expect(repetition).toBeUndefined();
  } finally {
    await fresh.remove();
  }
}, 900_000);
