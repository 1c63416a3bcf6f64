/** Formats the outcomes of `tributary formance install`, `pools` and `policies` for people: a table of the connectors, and the details. */
import type { InstallResult, PolicyResult, PoolResult } from '@tributary/formance';
import { formatTable, replaceControlCharacters } from '../../shared/terminal.js';

type Outcome = (InstallResult | PolicyResult | PoolResult)['outcome'];

interface ConnectorOutcome {
  /** The path of the connector. */
  path: string;
  /** The name of the connector, the pool or the policy in Formance. */
  name: string;
  outcome: Outcome;
}

const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  ...{ installed: 'installed', created: 'created', updated: 'updated', unchanged: 'unchanged' },
  ...{ blocked: 'NOT DONE', failed: 'FAILED' },
};

const DRY_RUN_WORDS: Readonly<Record<Outcome, string>> = {
  ...OUTCOME_WORDS,
  ...{ installed: 'would be installed', created: 'would be created', updated: 'would be updated' },
};

/**
 * Formats the table of the outcomes, and one line below it for each detail.
 * @param nameHeader the heading of the column with the names
 */
export function formatOutcomes(
  nameHeader: string,
  results: readonly ConnectorOutcome[],
  details: readonly string[],
  isDryRun: boolean,
): string {
  const words = isDryRun ? DRY_RUN_WORDS : OUTCOME_WORDS;
  const rows = results.map(({ path, name, outcome }) => [`/${path}`, name, words[outcome]]);
  return [
    formatTable([['CONNECTOR', nameHeader, 'RESULT'], ...rows]),
    ...details.map(replaceControlCharacters),
  ].join('\n');
}

/** Formats the reason of each result that has one. */
export function formatReasons(results: readonly (PolicyResult | PoolResult)[]): string[] {
  return results.flatMap(({ path, reason }) => (reason === undefined ? [] : [`/${path}: ${reason}.`]));
}
