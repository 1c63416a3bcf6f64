/** Formats the results of `tributary formance install` for people. */
import type { InstallResult } from '@tributary/formance';
import { formatOutcomes } from './format-outcomes.js';

export function formatInstallResults(results: readonly InstallResult[], isDryRun: boolean): string {
  const details = results.flatMap(({ path, changes, notes }) => [
    ...changes.map(({ property, from, to }) => `/${path}: ${property}: ${from} → ${to}`),
    ...notes.map((note) => `/${path}: ${note}.`),
  ]);
  return formatOutcomes('NAME IN FORMANCE', results, details, isDryRun);
}
