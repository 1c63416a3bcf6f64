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
  const requiredFiles = ['index.ts', `${name}.config.ts`, `${name}.psp.ts`, `${name}.spec.ts`, 'README.md'];
  expect(requiredFiles.filter((file) => !existsSync(join(PLUGINS_DIRECTORY, name, file)))).toEqual([]);
});
