/**
 * Makes Jest start the longest spec files first. Otherwise a long spec could begin last, and the other workers would wait for its end. In a
 * fresh clone, Jest has no durations and sorts the files by size, but the longest specs are small files that start programs.
 */
import sequencerModule from '@jest/test-sequencer';

const Sequencer = sequencerModule.default ?? sequencerModule;

/** The specs that take more than half a minute, longest first. All others follow in the order of Jest. */
const LONGEST_SPECS = [
  'test/cluster/cluster.spec.ts',
  'test/orders/soak.spec.ts',
  'test/upgrade/store-soak.spec.ts',
  'libs/orders/src/execution/random-events.spec.ts',
  'test/upgrade/old-and-new.spec.ts',
  'test/gateway/slow-store.spec.ts',
  'test/read-while-rows-arrive.spec.ts',
  'test/generator/generator.spec.ts',
  'test/orders/graceful-shutdown.spec.ts',
  'test/cluster/rolling-restart.spec.ts',
  'libs/orders/src/execution/recovery.spec.ts',
  'libs/connector-api/src/testing/suite/mutations.spec.ts',
  'libs/feed/src/identity/store-write-probe.spec.ts',
  'test/kill/kill.spec.ts',
  'libs/psp-plugins/src/sandbox/sandbox.spec.ts',
  'libs/psp-plugins/src/bank-statements/chain/simulated-bank-year.slow.spec.ts',
  'libs/feed/src/database/postgres/postgres-store.spec.ts',
  'test/invalid-psp-data.spec.ts',
  'test/reconciliation/simulated-year.slow.spec.ts',
  'test/gateway/mollie-transfers.spec.ts',
  'test/console/console.spec.ts',
];

export default class LongestFirstSequencer extends Sequencer {
  sort(tests) {
    const others = [];
    const longest = LONGEST_SPECS.map(() => []);
    for (const test of super.sort(tests)) {
      const index = LONGEST_SPECS.findIndex((path) => test.path.endsWith(`/${path}`));
      (longest[index] ?? others).push(test);
    }
    return [...longest.flat(), ...others];
  }
}
