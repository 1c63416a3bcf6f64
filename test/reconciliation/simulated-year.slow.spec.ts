/** Runs the simulated year with more rows and prints its duration. `npm run soak -- simulated-year` runs it with 300,000 rows. */
import { DEFAULT_STORE } from '../../libs/feed/src/testing/stores.js';
import { reconcileYear } from './reconcile-year.js';

const ROWS = Number(process.env['RECONCILIATION_ROWS'] ?? 30_000);

it(`60 faults in ${ROWS} rows`, async () => {
  const fresh = await DEFAULT_STORE.create();
  try {
    const started = performance.now();
    const { first, found, expected, repetition } = await reconcileYear(fresh.url, ROWS, 4, 11);
    const seconds = Math.round((performance.now() - started) / 1000);
    process.stderr.write(`simulated year: ${seconds} s with the creation of the data\n`);
    expect(found).toEqual(expected);
    expect(first.summary.problems).toEqual([]);
    expect(repetition).toBeUndefined();
  } finally {
    await fresh.remove();
  }
}, 900_000);
