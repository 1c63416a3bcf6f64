/**
 * The second tier of the tests: `npm run test:slow` runs these files, and `npm test` runs all others. CI runs both.
 * A file belongs here if it kills processes, starts clusters or whole programs again and again, waits for real seconds, or checks
 * hundreds of generated cases. Each entry says which.
 *
 * The tier is a list and not a part of the file name, so that a file can change its tier without a change of its name, its snapshots or
 * the links to it. test/test-tiers.spec.ts checks that every file exists.
 */
export const SLOW_SPECS = [
  // Kill processes, or stop them in the middle of their work.
  'test/kill/kill.spec.ts',
  'test/kill/killed-reconciliation.spec.ts',
  'test/orders/graceful-shutdown.spec.ts',
  'libs/orders/src/execution/recovery.spec.ts',

  // Measures a gateway under load.
  'test/balances/burst.spec.ts',

  // Start a gateway and pull a simulated PSP, to compare with what Formance would have.
  'test/formance/verify.spec.ts',
  'test/formance/refund-before-original.spec.ts',
  // The parts of the program that drives a running Formance.
  'test/formance/e2e/bank-history.spec.ts',
  'test/formance/e2e/compare-payments.spec.ts',
  'test/formance/e2e/settings.spec.ts',
  'test/formance/e2e/wait-until.spec.ts',

  // Start several gateways or stores, or a gateway without its database, and wait.
  'test/cluster/cluster.spec.ts',
  'test/cluster/alternating-gateways.spec.ts',
  'test/cluster/rolling-restart.spec.ts',
  'test/gateway/database-unavailable.spec.ts',
  'test/gateway/database-unavailable-at-start.spec.ts',
  'test/gateway/store-full.spec.ts',
  'test/gateway/slow-store.spec.ts',
  'test/gateway/slow-request.spec.ts',
  'test/gateway/mollie-transfers.spec.ts',
  'test/gateway/store-changed.spec.ts',
  'test/gateway/second-deployment.spec.ts',
  'test/gateway/operator-events.spec.ts',
  'libs/sync/src/scheduling/shared-schedule.spec.ts',
  'libs/orders/src/runtime/store-clock.spec.ts',
  'libs/feed/src/identity/store-changed.spec.ts',
  'libs/feed/src/migrations/fencing.spec.ts',
  'libs/feed/src/maintenance/copy-store.spec.ts',
  'libs/feed/src/identity/promotion.spec.ts',
  // Builds the program of older releases from the history.
  'test/upgrade/old-and-new.spec.ts',
  'test/upgrade/store-soak.spec.ts',
  'libs/feed/src/database/postgres/postgres-store.spec.ts',
  'libs/feed/src/migrations/long-migration.spec.ts',
  'libs/feed/src/identity/store-write-probe.spec.ts',

  // Start whole programs, again and again.
  'apps/gateway/src/cli/run-cli.spec.ts',
  'test/gateway/reload-signal.spec.ts',
  'apps/gateway/src/cli/shared/drain-output.spec.ts',
  'apps/gateway/src/cli/shared/handle-output-errors.spec.ts',

  // Generate a plugin or pack one, install it and compile it.
  'test/generator/generator.spec.ts',
  'test/plugin-package/plugin-package.spec.ts',

  // Starts a thread of the built program.
  'libs/psp-plugins/src/bank-statements/parsing/parse-worker.slow.spec.ts',

  // Starts the program three times, with the fakes of all plugins.
  'test/demo.spec.ts',

  // Packs Tributary and installs the pack.
  'test/production-install.spec.ts',

  // Use the console in a browser.
  'test/console/console.spec.ts',

  // Run the inherited suite of a plugin: about a hundred checks, each with a gateway's pull.
  'libs/connector-api/src/testing/reference/reference.spec.ts',
  'libs/psp-plugins/src/adyen-balance-platform/adyen-balance-platform.suite.spec.ts',
  'libs/psp-plugins/src/bank-statements/bank-statements.suite.spec.ts',
  'libs/psp-plugins/src/gocardless/gocardless.suite.spec.ts',
  'libs/psp-plugins/src/gocardless/gocardless.robustness.spec.ts',
  'libs/psp-plugins/src/mollie/mollie.suite.spec.ts',
  'libs/psp-plugins/src/paypal/paypal.suite.spec.ts',
  // Compile the schemas of the PSP's documents, which takes seconds.
  'libs/psp-plugins/src/paypal/paypal.listing.spec.ts',
  'libs/psp-plugins/src/paypal/paypal.orders.spec.ts',
  'libs/psp-plugins/src/revolut-business/revolut-business.suite.spec.ts',
  'libs/psp-plugins/src/square/square.suite.spec.ts',

  // Reload the deployment file a hundred times, or in the middle of pulls and orders.
  'test/gateway/reload.spec.ts',

  // Copy stores, or change a store again and again, on both databases.
  'libs/feed/src/feeds/append-records.spec.ts',
  'libs/feed/src/balances/served-to-reader.spec.ts',
  'libs/orders/src/intake/order-service.spec.ts',
  'libs/orders/src/publication/match-transactions.spec.ts',
  'libs/reconciliation/src/legs/legs.spec.ts',
  'libs/reconciliation/src/runs/run-policy.spec.ts',
  'apps/gateway/src/cli/commands/store.command.spec.ts',
  'test/gateway/feed-rows.spec.ts',
  'test/gateway/order-timeline.spec.ts',
  'test/gateway/orders.spec.ts',

  // Unpacks an archive of 65 MB.
  'libs/psp-plugins/src/bank-statements/readers/archive/archive.spec.ts',

  // Check a year of data, or hundreds of generated cases.
  'test/reconciliation/simulated-year.spec.ts',
  'test/reconciliation/simulated-year.slow.spec.ts',
  // Starts the program five times.
  'test/reconciliation/example.spec.ts',
  // Changes each stored column of a reconciliation, one after the other.
  'libs/reconciliation/src/runs/verify-run.spec.ts',
  // Ends a run at each of its database calls.
  'libs/reconciliation/src/runs/interrupted-run.spec.ts',
  'test/balances/reconciliation.spec.ts',
  'test/conform.spec.ts',
  'libs/psp-plugins/src/sandbox/simulator/activity-simulator.spec.ts',
  'libs/psp-plugins/src/sandbox/simulator/payment-state.spec.ts',
  'libs/psp-plugins/src/bank-statements/identity/identity.spec.ts',
  'libs/psp-plugins/src/bank-statements/pulling/large-files.spec.ts',
  'test/read-while-rows-arrive.spec.ts',
  'test/completeness/years.spec.ts',
  'libs/psp-plugins/src/gocardless/gocardless.year.spec.ts',
  'libs/psp-plugins/src/adyen-balance-platform/adyen-balance-platform.listing.spec.ts',
  'libs/psp-plugins/src/adyen-balance-platform/adyen-balance-platform.year.spec.ts',
  'libs/psp-plugins/src/mollie/mollie.year.spec.ts',
  'libs/psp-plugins/src/paypal/paypal.year.spec.ts',
  'libs/psp-plugins/src/revolut-business/revolut-business.year.spec.ts',
  'libs/psp-plugins/src/square/square.year.spec.ts',
  'libs/psp-plugins/src/bank-statements/fuzz.spec.ts',
  'libs/psp-plugins/src/bank-statements/chain/simulated-bank-year.slow.spec.ts',
  'libs/psp-plugins/src/bank-statements/sources/remote-copies.slow.spec.ts',
  'libs/psp-plugins/src/sandbox/sandbox.spec.ts',
  'libs/connector-api/src/testing/suite/mutations.spec.ts',
  'libs/orders/src/execution/random-events.spec.ts',
  'libs/feed/src/feeds/feed-visibility.spec.ts',
  'libs/feed/src/feeds/held-rows.spec.ts',
  'test/orders/soak.spec.ts',
  'test/invalid-psp-data.spec.ts',
  'test/isolation.spec.ts',
];

/**
 * Which tests run: `fast` is everything but the slow specs, `slow` is the slow specs only. Without TEST_TIER all tests run. `.ci/test.mjs`
 * sets it.
 */
const SLOW_SPEC_PATTERN = `(${SLOW_SPECS.map((path) => path.replaceAll('.', '\\.')).join('|')})$`;
const IGNORED_BY_TIER = {
  fast: [`<rootDir>/${SLOW_SPEC_PATTERN}`],
  slow: [`<rootDir>/(?!${SLOW_SPEC_PATTERN}).*\\.spec\\.ts$`],
  all: [],
};
const tier = process.env['TEST_TIER'] ?? 'all';
if (!Object.hasOwn(IGNORED_BY_TIER, tier))
  throw new Error(`TEST_TIER is "${tier}"; expected fast, slow or all`);

/**
 * Options of swc, which transpiles each file by itself. tsc checks the types. They say the same as tsconfig.json: swc does not read it.
 * A cold cache costs less than one second of processor time for all files; with TypeScript's own transpiler it was 14 s in each worker.
 */
const SWC_OPTIONS = {
  swcrc: false,
  jsc: {
    target: 'es2024',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
};

/** Nest 12 is ESM only: jest runs with --experimental-vm-modules. */
const sqlite = {
  displayName: 'sqlite',
  testEnvironment: '<rootDir>/test/test-environment.mjs',
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', ...IGNORED_BY_TIER[tier]],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', SWC_OPTIONS] },
  moduleNameMapper: {
    '^@tributary/connector-api/contract$': '<rootDir>/libs/connector-api/src/contract/index.ts',
    '^@tributary/connector-api/http$': '<rootDir>/libs/connector-api/src/http/index.ts',
    '^@tributary/connector-api/listing$': '<rootDir>/libs/connector-api/src/listing/index.ts',
    '^@tributary/connector-api/testing$': '<rootDir>/libs/connector-api/src/testing/index.ts',
    '^@tributary/([a-z-]+)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  setupFiles: ['reflect-metadata', '<rootDir>/test/cache-node-flags.mjs'],
  globalSetup: '<rootDir>/test/postgres-setup.mjs',
  globalTeardown: '<rootDir>/test/postgres-teardown.mjs',
};

/**
 * What stands on a store is run once more on PostgreSQL, in the slow tier; specs of the store itself run on both by themselves, in the
 * fast tier too.
 */
const postgres = {
  ...sqlite,
  displayName: 'postgres',
  testPathIgnorePatterns: ['/node_modules/', ...(tier === 'fast' ? ['.*'] : [])],
  testMatch: [
    '<rootDir>/libs/sync/src/{scheduling/sync-engine,scheduling/run-once,pulling/quarantine,balances/balance-reader}.spec.ts',
    '<rootDir>/libs/orders/src/{publication/match-transactions,state-machine/clock-rollback,execution/pending-orders,execution/recovery,operations/manual-resolution}.spec.ts',
    '<rootDir>/apps/gateway/src/cli/commands/orders.command.spec.ts',
    '<rootDir>/test/gateway/{http,webhooks,contract,orders,operator-api,operator-events,order-timeline,resolve-by-two,reload,reload-in-progress}.spec.ts',
    '<rootDir>/test/console/console.spec.ts',
    '<rootDir>/test/orders/{soak,graceful-shutdown}.spec.ts',
    '<rootDir>/test/kill/kill.spec.ts',
    '<rootDir>/test/{contract,invalid-psp-data,isolation}.spec.ts',
  ],
  setupFiles: [...sqlite.setupFiles, '<rootDir>/test/use-postgres-store.mjs'],
};

export default {
  projects: [sqlite, postgres],
  maxWorkers: 2,
  testSequencer: '<rootDir>/test/longest-first-sequencer.mjs',
  testTimeout: 60_000,
};
