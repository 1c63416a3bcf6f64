/** Determines the exit code of commands that change Formance for each connector and that can make a dry run. */
import type { InstallResult, PolicyResult, PoolResult } from '@tributary/formance';
import { EXIT_CODES } from '../../shared/cli-error.js';

/**
 * Returns the exit code. If a step could not be done for a connector, the code is that of a failure. A dry run with pending changes has a
 * code of its own.
 */
export function getOutcomeExitCode(
  results: readonly Pick<InstallResult | PolicyResult | PoolResult, 'outcome'>[],
  isDryRun: boolean,
): number {
  if (results.some(({ outcome }) => outcome === 'blocked' || outcome === 'failed')) return EXIT_CODES.failed;
  return isDryRun && results.some(({ outcome }) => outcome !== 'unchanged')
    ? EXIT_CODES.incomplete
    : EXIT_CODES.done;
}
