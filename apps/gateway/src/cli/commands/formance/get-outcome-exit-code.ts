/** Exit code of commands that change Formance for each connector and that have a dry run. */
import type { InstallResult, PolicyResult, PoolResult } from '@tributary/formance';
import { EXIT_CODES } from '../../shared/cli-error.js';

/** A step that could not be done for a connector is a failure. A dry run with pending changes has its own exit code. */
export function getOutcomeExitCode(
  results: readonly Pick<InstallResult | PolicyResult | PoolResult, 'outcome'>[],
  isDryRun: boolean,
): number {
  if (results.some(({ outcome }) => outcome === 'blocked' || outcome === 'failed')) return EXIT_CODES.failed;
  return isDryRun && results.some(({ outcome }) => outcome !== 'unchanged')
    ? EXIT_CODES.incomplete
    : EXIT_CODES.done;
}
