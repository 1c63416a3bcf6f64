import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { plugins } from './index.js';

const HERE = import.meta.dirname;
const folders = readdirSync(HERE, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

it('every folder is in the list, under its own name, in the order of the alphabet', () => {
  expect(plugins.map(({ name }) => name)).toEqual([...folders].sort());
});

it.each(folders)('%s has the rooms of a plugin', (name) => {
  const rooms = ['index.ts', `${name}.config.ts`, `${name}.psp.ts`, `${name}.spec.ts`, 'README.md'];
  expect(rooms.filter((room) => !existsSync(join(HERE, name, room)))).toEqual([]);
});
