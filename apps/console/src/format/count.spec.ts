import { formatCount } from './count';

it.each([
  [0, '0 rows'],
  [1, '1 row'],
  [1234, `${(1234).toLocaleString()} rows`],
])('formats %d', (count, text) => {
  expect(formatCount(count, 'row')).toBe(text);
});
