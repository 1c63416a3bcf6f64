import { jest } from '@jest/globals';
import { readClock, subscribeToClock } from './clock';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

it('ticks once per second for all listeners, and is stable between two ticks', () => {
  const ticks: number[] = [];
  const stops = [subscribeToClock(() => ticks.push(readClock())), subscribeToClock(() => undefined)];
  const start = Date.now();
  jest.advanceTimersByTime(2_500);
  expect(ticks).toEqual([start + 1_000, start + 2_000]);
  expect(readClock()).toBe(start + 2_000);
  for (const stop of stops) stop();
  expect(jest.getTimerCount()).toBe(0);
});

it('has the present time after a page without relative times', () => {
  subscribeToClock(() => undefined)();
  jest.advanceTimersByTime(10_000);
  expect(readClock()).toBe(Date.now());
});
