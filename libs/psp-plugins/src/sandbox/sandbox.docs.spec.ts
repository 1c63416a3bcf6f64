import { readFileSync } from 'node:fs';
import { SandboxSettings } from './sandbox.config.js';
import { ORDER_FATES, ORDER_FAULTS } from './simulator/order-faults.js';

const page = readFileSync('docs/guides/sandbox.md', 'utf8');

test('docs/guides/sandbox.md names every setting with its default, and no other', () => {
  const section = page.slice(page.indexOf('## Settings'), page.indexOf('## What it lists'));
  const documented = [...section.matchAll(/^\| `(\w+)` +\| (?:`([^`]+)`|none) +\|/gm)].map(
    ([, name, value]) => [name!, value],
  );
  const actual = Object.entries(new SandboxSettings()).map(([name, value]) => [name, String(value)]);
  expect(documented).toHaveLength(actual.length + 1);
  expect(Object.fromEntries(documented)).toEqual({
    ...Object.fromEntries(actual),
    journal: undefined,
  });
});

test('docs/guides/sandbox.md names every fault and every fate, in the order of the code, and no other', () => {
  const section = page.slice(page.indexOf('## Payouts and transfers'), page.indexOf('## Malformed rows'));
  const words = [...section.matchAll(/^\| `([a-z-]+)` +\|/gm)].map(([, word]) => word);
  expect(words).toEqual([...ORDER_FAULTS, ...ORDER_FATES]);
});
