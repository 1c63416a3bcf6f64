/** Tests how often a query runs that all gauges of one scrape share. */
import { jest } from '@jest/globals';
import { shareQuery } from './share-query.js';

afterEach(() => jest.useRealTimers());

it('runs the query once for the gauges of a scrape, and again for the next scrape', async () => {
  jest.useFakeTimers();
  const runQuery = jest.fn(async () => [1]);
  const findRows = shareQuery(runQuery);
  expect(await Promise.all([findRows(), findRows()])).toEqual([[1], [1]]);
  expect(runQuery).toHaveBeenCalledTimes(1);
  jest.advanceTimersByTime(1001);
  await findRows();
  expect(runQuery).toHaveBeenCalledTimes(2);
});

it('finds nothing when the query fails', async () => {
  const findRows = shareQuery(() => Promise.reject(new Error('the store is gone')));
  expect(await findRows()).toEqual([]);
});
