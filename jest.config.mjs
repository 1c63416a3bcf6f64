/** Nest 12 is ESM only: jest runs with --experimental-vm-modules, and ts-jest only transpiles (tsc checks types). */
const sqlite = {
  displayName: 'sqlite',
  testEnvironment: 'node',
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { useESM: true, diagnostics: false }] },
  moduleNameMapper: {
    '^@tributary/connector-api/contract$': '<rootDir>/libs/connector-api/src/contract/index.ts',
    '^@tributary/connector-api/http$': '<rootDir>/libs/connector-api/src/http/index.ts',
    '^@tributary/connector-api/listing$': '<rootDir>/libs/connector-api/src/listing/index.ts',
    '^@tributary/connector-api/testing$': '<rootDir>/libs/connector-api/src/testing/index.ts',
    '^@tributary/([a-z-]+)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  setupFiles: ['reflect-metadata'],
  globalSetup: '<rootDir>/test/postgres-setup.mjs',
  globalTeardown: '<rootDir>/test/postgres-teardown.mjs',
};

/** What stands on a store is run once more on PostgreSQL; specs of the store itself run on both by themselves. */
const postgres = {
  ...sqlite,
  displayName: 'postgres',
  testMatch: [
    '<rootDir>/libs/sync/src/{scheduling/sync-engine,scheduling/run-once,pulling/quarantine,balances/balance-reader}.spec.ts',
    '<rootDir>/libs/orders/src/{publication/match-transactions,state-machine/clock-rollback,execution/pending-orders,execution/recovery,operations/manual-resolution}.spec.ts',
    '<rootDir>/apps/gateway/src/cli/commands/orders.command.spec.ts',
    '<rootDir>/test/gateway/{http,webhooks,contract,orders}.spec.ts',
    '<rootDir>/test/orders/{soak,graceful-shutdown}.spec.ts',
    '<rootDir>/test/kill/kill.spec.ts',
    '<rootDir>/test/{contract,invalid-psp-data,isolation}.spec.ts',
  ],
  setupFiles: [...sqlite.setupFiles, '<rootDir>/test/use-postgres-store.mjs'],
};

export default {
  projects: [sqlite, postgres],
  maxWorkers: 2,
  testTimeout: 60_000,
};
