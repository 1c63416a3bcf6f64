/** Runs a small form of the simulated year. Every fault must be found with the right class, and nothing else may be found. */
import { STORES } from '../../libs/feed/src/testing/stores.js';
import { reconcileYear } from './reconcile-year.js';
import { FAULTS } from './seed-faults.js';

it.each(STORES)('60 faults in 2,000 rows, in $name', async (kind) => {
  const fresh = await kind.create();
  try {
    const { first, found, expected, repetition, second, lateFaults } = await reconcileYear(
      fresh.url,
      2000,
      4,
      7,
    );
    expect(Object.keys(FAULTS)).toHaveLength(15);
    expect(found).toEqual(expected);
    expect(first.summary.problems).toEqual([]);
    expect(new Set(first.summary.balances.map(({ residual }) => residual))).toEqual(new Set(['0']));
    expect(new Set(first.summary.matches.map(({ rule, kind }) => `${rule} ${kind}`))).toEqual(
      new Set(['0 1:1', '1 1:1', '1 cancelled', '2 1:n', '2 n:1', '3 n:m']),
    );
    expect(repetition).toBeUndefined();
    expect(second.summary.resolved.count).toBe(lateFaults);
    expect(second.summary.breaks).toMatchObject({ count: expected.length - lateFaults, new: 0 });
  } finally {
    await fresh.remove();
  }
});
