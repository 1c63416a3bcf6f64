/**
 * `npm test` and `npm run test:slow`: builds the program if it is outdated, then runs one tier of the tests (`fast`, `slow` or `all`). jest.config.mjs lists the slow
 * tier. A spec that the command line names is run, whatever its tier is.
 */
import { spawnSync } from 'node:child_process';
import { buildIfOutdated } from '../bin/build.js';

const [tier, ...options] = process.argv.slice(2);
const namesSpec = options.some((option) => !option.startsWith('-') && option.endsWith('.spec.ts'));

buildIfOutdated();
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--no-warnings=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    ...options,
  ],
  { stdio: 'inherit', env: { ...process.env, TEST_TIER: namesSpec ? 'all' : tier } },
);
process.exitCode = status ?? 1;
