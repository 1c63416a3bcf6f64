/** Tests that the counter counts keys exactly, for a file with one key and for a file with many. */
import { expect, it } from '@jest/globals';
import { DigestCounter } from './digest-counter.js';

it.each([
  ['no key', 0],
  ['one key', 1],
  ['the keys of one chunk', 64],
  ['the keys of many chunks', 140_000],
])('counts %s', (_, length) => {
  const counter = new DigestCounter();
  const expected = new Map<string, number>();
  for (let n = 0; n < length; n++) {
    // The number of entries with the same key varies from 1 to 6.
    const key = `0 26b0c978573d2cdb24360cd3mdjdzFWk${n % 7 < 2 ? n : Math.floor(n / 7)}`;
    counter.add(key);
    expected.set(key, (expected.get(key) ?? 0) + 1);
  }
  counter.finish();
  for (const each of [counter, DigestCounter.fromSorted(counter.toSorted())]) {
    expect([each.count('absent'), each.isRepeated('absent')]).toEqual([0, false]);
    const wrong = [...expected].filter(
      ([key, count]) => each.count(key) !== count || each.isRepeated(key) !== count > 1,
    );
    expect(wrong).toEqual([]);
  }
  const hasRepeated = [...expected.values()].some((count) => count > 1);
  counter.forgetSingleKeys();
  for (const each of [counter, DigestCounter.fromSorted(counter.toSorted())]) {
    expect(each.hasRepeated).toBe(hasRepeated);
    expect([...expected].filter(([key, count]) => each.isRepeated(key) !== count > 1)).toEqual([]);
  }
  const repeatedCount = [...expected.values()].filter((count) => count > 1).length;
  expect(counter.toSorted()).toHaveLength(2 * repeatedCount);
});
