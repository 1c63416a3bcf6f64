/**
 * Runs the long forms of tests, one after the other: `npm run soak`. The command `npm run soak -- orders` runs only the tests whose names
 * contain the word `orders`.
 */
import { spawnSync } from 'node:child_process';
import process from 'node:process';

/** The tests and their environment variables. Variables that are already set replace these values. */
const SOAKS = [
  { spec: 'test/kill', env: { KILLS: '1000' } },
  { spec: 'test/orders/soak', env: { ORDERS: '10000', KILLS: '200' } },
  { spec: 'test/cluster/cluster', env: { MINUTES: '10' } },
  { spec: 'test/read-while-rows-arrive', env: { READER_ROWS: '100000' } },
  { spec: 'orders/src/execution/random-events', env: { RANDOM_STORIES: '200' } },
  { spec: 'test/balances/burst', env: { BURST: '1' } },
  { spec: 'test/upgrade/old-and-new', env: { UPGRADE_VERSIONS: '5,7,9' } },
  { spec: 'test/upgrade/store-soak', env: { STORE_ROUNDS: '1000' } },
  { spec: 'testing/suite/mutations', env: { MUTANT_FAILURES: '3' } },
  { spec: 'connector-api/src/listing', env: { LISTING_RUNS: '10000' } },
  { spec: 'bank-statements/fuzz', env: { STATEMENT_MUTATIONS: '200000' } },
  { spec: 'reconciliation/simulated-year.slow', env: { RECONCILIATION_ROWS: '300000' } },
  { spec: 'formance/src/delivery', env: { VERIFIED_ROWS: '1000000' } },
  { spec: 'sandbox/sandbox.spec', env: { SANDBOX_ROWS: '1000000' } },
  { spec: 'mollie.year', env: { MOLLIE_ROWS: '200000' } },
  { spec: 'revolut-business.year', env: { REVOLUT_TRANSACTIONS: '200000' } },
];
const FLAGS = ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning'];

const word = process.argv[2] ?? '';
const failed = SOAKS.filter(({ spec }) => spec.includes(word)).filter(({ spec, env }) => {
  const args = [...FLAGS, 'node_modules/jest/bin/jest.js', spec];
  return (
    spawnSync(process.execPath, args, { stdio: 'inherit', env: { ...env, ...process.env } }).status !== 0
  );
});
for (const { spec } of failed) console.error(`FAILED: ${spec}`);
process.exit(failed.length === 0 ? 0 : 1);
