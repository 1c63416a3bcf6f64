/**
 * Executes the examples of docs/guides/choose-a-listing-strategy.md. Each example must return the rows that the page shows after the
 * example.
 */
import { readFileSync } from 'node:fs';
import { Json } from '../http/json-accessors.js';
import * as listing from './index.js';
import type { ListingStep } from './index.js';

const EXAMPLE_PATTERN = /^```ts example\n(.*?);\n```\n+```json result\n(.*?)^```$/gms;
const page = readFileSync('docs/guides/choose-a-listing-strategy.md', 'utf8');
const examples = [...page.matchAll(EXAMPLE_PATTERN)].map(
  ([, code = '', result = '']) => [code.split('(')[0] ?? '', code, result] as const,
);

const READER = listing.createJsonRowReader('id', 'created_at');
const PAYMENTS = Json.parse(
  JSON.stringify([1, 2, 3].map((day) => ({ id: `pay-${day}`, created_at: `2026-03-0${day}T00:00:00Z` }))),
).array();
const EVENTS = Json.parse(
  JSON.stringify(['pay-3', 'pay-1', 'pay-3'].map((payment, index) => ({ id: `event-${index}`, payment }))),
).array();

/** The PSP in the examples of the page. It returns two rows per page. */
const acme = {
  listBetween: (from: number, to: number) =>
    PAYMENTS.filter((row) => (READER.getTime(row) ?? 0) >= from && (READER.getTime(row) ?? 0) < to)
      .reverse()
      .slice(0, 2),
  listNewestFirst: (from?: string) => takePage(PAYMENTS.toReversed(), from),
  listOldestFirst: (token?: string) => takePage(PAYMENTS, token),
  listEvents: () => ({ rows: EVENTS }),
  getPayments: (ids: readonly string[]) =>
    ids.flatMap((id) => PAYMENTS.filter((row) => row.string('id') === id)),
};

function takePage(rows: readonly Json[], firstId?: string) {
  const start = Math.max(
    0,
    rows.findIndex((row) => row.string('id') === firstId),
  );
  const next = rows[start + 2]?.string('id');
  return { rows: rows.slice(start, start + 2), ...(next !== undefined && { next }) };
}

it('there is an example of each kind of list', () => {
  const names = examples.map(([name]) => name);
  expect(names).toEqual([
    ...['timeWindows', 'newestFirst', 'oldestFirst', 'snapshot', 'changes', 'mergeListings'],
  ]);
});

it.each(examples)('%s', async (_, code, result) => {
  const context = { clock: { now: () => Date.UTC(2026, 2, 10), sleep: async () => undefined } };
  const scope = { ...listing, READER, acme, context };
  // The page is part of the repository, so its code is as trustworthy as this file.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
  const steps = new Function(...Object.keys(scope), `return ${code}`)(
    ...Object.values(scope),
  ) as AsyncIterable<ListingStep<Json, unknown>>;
  const ids: string[][] = [];
  for await (const { rows } of steps) ids.push(rows.map((row) => row.string('id')));
  expect(ids.filter(({ length }) => length > 0)).toEqual(JSON.parse(result));
});
