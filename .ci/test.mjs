/**
 * `npm test` and `npm run test:slow`: builds the program if it is outdated, then runs one tier of the tests (`fast`, `slow` or `all`). jest.config.mjs lists the slow
 * tier. Specs that the command line names, by their path or their directory, are run in any case.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { buildIfOutdated } from '../bin/build.js';

const [tier, ...options] = process.argv.slice(2);
const namesSpecs = options.some((option) => existsSync(option));

await buildIfOutdated();
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--no-warnings=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    ...options,
  ],
  { stdio: 'inherit', env: { ...process.env, TEST_TIER: namesSpecs ? 'all' : tier } },
);
process.exitCode = status ?? 1;
