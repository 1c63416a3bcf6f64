/**
 * Implements `npm run e2e:formance`. It builds the gateway and the program in this directory, and runs the program with the Formance whose
 * URLs are in environment variables. Without these variables, it only prints that it skips the run.
 */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { buildIfOutdated } from '../../../bin/build.js';

const REQUIRED = 'FORMANCE_PAYMENTS_URL';

if (process.env[REQUIRED]) {
  buildIfOutdated();
  const run = (...args) => spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
  process.exitCode =
    run('node_modules/@nestjs/cli/bin/nest.js', 'build', 'formance-e2e') ||
    run('dist-e2e/test/formance/e2e/run-scenarios.js', ...process.argv.slice(2));
} else {
  console.log(
    `SKIPPED: ${REQUIRED} is not set. docs/guides/test-with-formance.md says how to run these tests.`,
  );
}
