import type { Plugin } from '../../plugin.js';
import { runLive } from './live.js';
import { checksFor, judgeSkips, runCheck } from './run-checks.js';
import type { PspSuite } from './suite.types.js';

const LONGEST_CHECK = 30_000;

/**
 * The suite that every plugin inherits: each check is a test of its own. See `suite.types.ts` for what it needs.
 * A plugin is done when it passes; what its PSP cannot have is skipped by name, with a reason.
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

/** Against the real PSP, as far as the environment has its credentials. */
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
