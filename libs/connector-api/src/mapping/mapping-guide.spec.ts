/** Executes the examples of docs/guides/mapping.md. Each example must return the result that the page shows after the example. */
import { readFileSync } from 'node:fs';
import * as mapping from './index.js';

const EXAMPLE_PATTERN = /^```ts example\n(.*?);\n```\n+```json result\n(.*?)^```$/gms;
const examples = [...readFileSync('docs/guides/mapping.md', 'utf8').matchAll(EXAMPLE_PATTERN)].map(
  ([, code = '', result = '']) => [code.split('(')[0], code, result] as const,
);

it.each(mapping.MOVEMENTS)('there is an example of a %s', (movement) => {
  const isShown = examples.some(([, , result]) =>
    result.includes(`"com.tributary.spec/movement": "${movement}"`),
  );
  expect(isShown).toBe(true);
});

it.each(examples)('%s', (_, code, result) => {
  const names = Object.keys(mapping);
  // The page is part of the repository, so its code is as trustworthy as this file.
  // oxlint-disable-next-line typescript/no-implied-eval, typescript/no-unsafe-call
  const rows: unknown = new Function(...names, `return ${code}`)(...Object.values(mapping));
  expect(JSON.parse(JSON.stringify(rows, formatMoney))).toEqual(JSON.parse(result));
});

/** Formats money as `1250 EUR/2`, because JSON has no bigint. */
function formatMoney(key: string, value: unknown): unknown {
  if (key !== 'amount' || typeof value !== 'object' || value === null) return value;
  const { amount, asset } = value as { amount: bigint; asset: string };
  return `${amount} ${asset}`;
}
