/** Formats the results of `tributary formance install` for people. */
import type { InstallResult } from '@tributary/formance';
import { formatTable, replaceControlCharacters } from '../../shared/terminal.js';

const OUTCOME_WORDS: Readonly<Record<InstallResult['outcome'], string>> = {
  installed: 'installed',
  updated: 'updated',
  unchanged: 'unchanged',
  blocked: 'NOT DONE',
  failed: 'FAILED',
};

const DRY_RUN_WORDS: Readonly<Record<InstallResult['outcome'], string>> = {
  ...OUTCOME_WORDS,
  installed: 'would be installed',
  updated: 'would be updated',
};

export function formatInstallResults(results: readonly InstallResult[], isDryRun: boolean): string {
  const words = isDryRun ? DRY_RUN_WORDS : OUTCOME_WORDS;
  const rows = results.map(({ path, name, outcome }) => [`/${path}`, name, words[outcome]]);
  const table = formatTable([['CONNECTOR', 'NAME IN FORMANCE', 'RESULT'], ...rows]);
  const details = results.flatMap(({ path, changes, notes }) => [
    ...changes.map(({ property, from, to }) => `/${path}: ${property}: ${from} → ${to}`),
    ...notes.map((note) => `/${path}: ${note}.`),
  ]);
  return [table, ...details.map(replaceControlCharacters)].join('\n');
}
