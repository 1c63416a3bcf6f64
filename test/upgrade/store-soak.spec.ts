/**
 * Tests random restores, promotions, upgrades and second deployments on one PostgreSQL with three gateways. No row may reach a wrong feed,
 * no reader may lose a version, no order may be paid twice or at two PSPs, and no return may be reported twice. `STORE_ROUNDS` is the
 * number of events.
 */
import { createSeededRandom } from '@tributary/connector-api/testing';
import { buildOldRelease, findOldCommit, type OldRelease } from './old-release.js';
import { StoreSeries } from './store-series.js';

const ROUNDS = Number(process.env['STORE_ROUNDS'] ?? 4);
const SEED = Number(process.env['STORE_SEED'] ?? 1);
/** The number of rounds on one store. Each store begins with the tables of the older release. */
const ROUNDS_PER_SERIES = 40;
const MAX_ROUND_MS = 300_000;
const MAX_SERIES_MS = 600_000;

const commit = findOldCommit(9);
const test = commit === undefined ? it.skip : it;

test(
  `${ROUNDS} rounds with three gateways (skipped in a clone without history)`,
  async () => {
    const release: OldRelease = buildOldRelease(commit ?? '');
    const failures: string[] = [];
    try {
      for (let done = 0; done < ROUNDS; done += ROUNDS_PER_SERIES) {
        const series = new StoreSeries(release.program, createSeededRandom(SEED + done));
        const rounds = Math.min(ROUNDS_PER_SERIES, ROUNDS - done);
        try {
          await series.start();
          for (let round = 0; round < rounds; round++) await series.runRound();
          await series.finish();
        } finally {
          await series.stop();
        }
        const { eventCounts, paidCount, exitCounts, violations } = series;
        process.stderr.write(
          `rounds ${done + rounds}/${ROUNDS}: ${JSON.stringify({ ...Object.fromEntries(eventCounts), paidCount, exitCounts, violations })}\n`,
        );
        failures.push(...violations.map((violation) => `seed ${SEED + done}: ${violation}`));
      }
    } finally {
      release.remove();
    }
    expect(failures).toEqual([]);
  },
  Math.ceil(ROUNDS / ROUNDS_PER_SERIES) * MAX_SERIES_MS + ROUNDS * MAX_ROUND_MS,
);
