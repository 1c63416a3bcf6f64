import { readdirSync } from 'node:fs';
import { plugins } from './index.js';

const PLUGINS_DIRECTORY = import.meta.dirname;
const folders = readdirSync(PLUGINS_DIRECTORY, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

it('every folder is in the list, under its own name, in the order of the alphabet', () => {
  expect(plugins.map(({ name }) => name)).toEqual([...folders].sort());
});
