import { expect, it } from '@jest/globals';
import type { CsvRowSummary } from './csv-row-converter.js';
import { CsvRowTable } from './csv-row-table.js';

function createRow(n: number): CsvRowSummary {
  return {
    accountId: `ACCOUNT${n % 3}`,
    currency: n % 2 === 0 ? 'EUR' : 'USD',
    day: `2026-03-${String((n % 28) + 1).padStart(2, '0')}`,
    line: 2 * n + 1,
    number: n + 1,
    change: (n % 2 === 0 ? -1n : 1n) * 12_345_678_901_234_567n * BigInt(n),
    ...(n % 5 !== 0 && { balance: -1n * BigInt(n) }),
  };
}

it('returns the rows and their texts as they were added, also after it has grown', () => {
  const table = new CsvRowTable();
  const rows = Array.from({ length: 5000 }, (_, n) => createRow(n));
  for (const row of rows) table.add(row, `row ${row.number}; Café €\r\n`.repeat(1 + (row.number % 40)));
  expect(table.length).toBe(5000);
  expect(rows.map((_, n) => table.get(n))).toEqual(rows);
  for (const { number } of rows)
    expect(table.getSource(number - 1)).toBe(`row ${number}; Café €\r\n`.repeat(1 + (number % 40)));
});

it.each([0n, 1n, -1n, 2n ** 63n, -(2n ** 63n), 2n ** 64n - 1n, -(2n ** 127n), 2n ** 127n, -(10n ** 60n)])(
  'keeps the amount %d',
  (amount) => {
    const table = new CsvRowTable();
    table.add({ ...createRow(1), change: amount, balance: amount }, '');
    expect(table.get(0)).toMatchObject({ change: amount, balance: amount });
  },
);

it('keeps a text that is longer than a chunk', () => {
  const table = new CsvRowTable();
  const long = 'ä'.repeat(1 << 20);
  for (const text of ['before', long, 'after']) table.add(createRow(1), text);
  expect([0, 1, 2].map((n) => table.getSource(n))).toEqual(['before', long, 'after']);
});
