import type { Plugin } from '../../plugin.js';
import { runLiveChecks } from './live-checks.js';
import { getApplicableChecks, findSkipProblems, runCheck } from './run-checks.js';
import type { PspSuiteOptions } from './suite.types.js';
import { getTestRunner } from './test-runner.js';
import type { TestRunner } from './test-runner.js';

const MAX_CHECK_MS = 30_000;

/**
 * Defines the tests that every plugin must pass. Each check is a separate test. `suite.types.ts` describes the input. A plugin is complete
 * when all tests pass. A check for which the PSP lacks the capability can be skipped by its name, with a reason.
 */
export function describePsp(plugin: Plugin, suite: PspSuiteOptions): void {
  const runner = getTestRunner();
  runner.describe(`${plugin.name}: the inherited suite`, () => {
    for (const check of getApplicableChecks(plugin).filter(({ name }) => isInGroups(name, suite))) {
      const reason = suite.skip?.[check.name];
      if (reason !== undefined) {
        runner.skip(`${check.name} (${reason})`);
        continue;
      }
      runner.test(
        check.name,
        async () => {
          const outcome = await runCheck(check, plugin, suite);
          if (outcome.outcome === 'failed') throw new Error(outcome.why);
        },
        MAX_CHECK_MS,
      );
    }

    runner.test('suite: every skip has a reason that README.md repeats', () => {
      const problems = findSkipProblems(plugin, suite);
      if (problems.length > 0) throw new Error(problems.join('\n'));
    });

    describeLiveChecks(runner, plugin, suite);
  });
}

function isInGroups(name: string, { groups }: PspSuiteOptions): boolean {
  return groups === undefined || groups.some((group) => name.startsWith(`${group}:`));
}

/** Defines the live checks. They run against the real PSP if the environment contains credentials for it. */
function describeLiveChecks(runner: TestRunner, plugin: Plugin, { live }: PspSuiteOptions): void {
  if (live === undefined) return;
  const settings = live.readSettings(process.env);
  if (settings === undefined) {
    runner.skip(`live: ${live.variables.join(', ')} are not set`);
    return;
  }
  runner.test(
    'live: lists everything, and goes on from every cursor',
    () => runLiveChecks(plugin, settings),
    10 * MAX_CHECK_MS,
  );
}
