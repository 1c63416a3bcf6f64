import type { Plugin } from '../../plugin.js';
import { runLive } from './live.js';
import { checksFor, judgeSkips, runCheck } from './run-checks.js';
import type { PspSuite } from './suite.types.js';

const LONGEST_CHECK = 30_000;

/**
 * Defines the test suite that every plugin inherits. Each check is a separate test. `suite.types.ts` describes the input.
 * A plugin is complete when the suite passes. Checks that its PSP cannot support are skipped by name, with a reason.
 */
export function describePsp(plugin: Plugin, suite: PspSuite): void {
  describe(`${plugin.name}: the inherited suite`, () => {
    for (const check of checksFor(plugin)) {
      const reason = suite.skip?.[check.name];
      if (reason !== undefined) {
        it.skip(`${check.name} (${reason})`, () => undefined);
        continue;
      }
      it(
        check.name,
        async () => {
          const outcome = await runCheck(check, plugin, suite);
          if (outcome.outcome === 'failed') throw new Error(outcome.why);
        },
        LONGEST_CHECK,
      );
    }

    it('suite: every skip has a reason that README.md repeats', () => {
      expect(judgeSkips(plugin, suite)).toEqual([]);
    });

    describeLive(plugin, suite);
  });
}

/** Runs the live checks against the real PSP if the environment contains its credentials. */
function describeLive(plugin: Plugin, { live }: PspSuite): void {
  if (live === undefined) return;
  const settings = live.settings(process.env);
  if (settings === undefined) {
    it.skip(`live: ${live.variables.join(', ')} are not set`, () => undefined);
    return;
  }
  it(
    'live: lists everything, and goes on from every cursor',
    () => runLive(plugin, settings),
    10 * LONGEST_CHECK,
  );
}
