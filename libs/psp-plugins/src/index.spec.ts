import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { plugins } from './index.js';

const PLUGINS_DIRECTORY = import.meta.dirname;
const folders = readdirSync(PLUGINS_DIRECTORY, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

it('every folder is in the list, under its own name, in the order of the alphabet', () => {
  expect(plugins.map(({ name }) => name)).toEqual([...folders].sort());
});

it.each(folders)('%s has the files of a plugin', (name) => {
  const has = (file: string) => existsSync(join(PLUGINS_DIRECTORY, name, file));
  const requiredFiles = ['index.ts', `${name}.config.ts`, `${name}.psp.ts`, 'README.md'];
  expect(requiredFiles.filter((file) => !has(file))).toEqual([]);
  // The spec that runs the inherited suite. The generator writes one spec; a plugin with more of them has the suite in a file of its own.
  expect([`${name}.suite.spec.ts`, `${name}.spec.ts`].some(has)).toBe(true);
});
