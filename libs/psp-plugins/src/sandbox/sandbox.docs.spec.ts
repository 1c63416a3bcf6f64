import { readFileSync } from 'node:fs';
import { SandboxSettings } from './sandbox.config.js';

test('docs/sandbox.md names every setting with its default, and no other', () => {
  const page = readFileSync('docs/sandbox.md', 'utf8');
  const section = page.slice(page.indexOf('## Settings'), page.indexOf('## What it lists'));
  const documented = [...section.matchAll(/^\| `(\w+)` +\| `([^`]+)` +\|/gm)].map(([, name, value]) => [
    name,
    value,
  ]);
  const actual = Object.entries(new SandboxSettings()).map(([name, value]) => [name, String(value)]);
  expect(documented).toHaveLength(actual.length);
  expect(new Map(documented as [string, string][])).toEqual(new Map(actual as [string, string][]));
});
