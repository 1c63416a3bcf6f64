/** The command `tributary quarantine` lists the unresolved quarantine entries, which are rejected records and data warnings. */
import { formatTime } from '@tributary/connector-api';
import {
  createConfigOption,
  formatExamples,
  parseLimit,
  parseConnectorArgument,
  type CommandContext,
  type ConfigOption,
} from '../shared/command-context.js';
import type { QuarantineEntry } from '@tributary/feed';
import { formatGapTable, listGaps } from './list-gaps.js';
import type { Deployment } from '../../config/index.js';
import { formatTable, replaceControlCharacters } from '../shared/terminal.js';
import { withStore } from '../shared/with-store.js';

export function registerQuarantineCommand({ program, terminal, load }: CommandContext): void {
  program
    .command('quarantine')
    .description('List what was refused or found to be wrong, and still is; newest first.')
    .argument('[connector]', 'its path; all connectors without it')
    .addOption(createConfigOption())
    .option('--gaps', 'the balances that the rows do not explain, also those that are only suspected')
    .option('--json', 'one JSON array, with what the PSP sent')
    .option('--limit <count>', 'at most so many', parseLimit, 1000)
    .addHelpText('after', formatExamples('tributary quarantine --config gateway.yaml', QUARANTINE_EXAMPLE))
    .action(async (connector: string | undefined, options: QuarantineOptions) => {
      const deployment = await load(options.config);
      const path = parseConnectorArgument(deployment, connector);
      if (options.gaps) {
        const gaps = await listGaps(deployment, path);
        return terminal.out(options.json ? JSON.stringify(gaps, undefined, 2) : formatGapTable(gaps));
      }
      const entries = await listQuarantine(deployment, path, options.limit);
      terminal.out(options.json ? JSON.stringify(entries, undefined, 2) : formatQuarantineTable(entries));
    });
}

type QuarantineOptions = ConfigOption & { gaps?: true; json?: true; limit: number };

const QUARANTINE_EXAMPLE = 'tributary quarantine house-bank --json --config gateway.yaml';

/**
 * Lists quarantine entries, newest first.
 * @param connector path of the connector; `undefined` means all connectors of the deployment
 */
export function listQuarantine(
  deployment: Deployment,
  connector: string | undefined,
  limit: number,
): Promise<QuarantineEntry[]> {
  return withStore(deployment, async (store) => {
    // Only the connectors of this deployment file are listed. The store can also contain connectors that were removed, or that belong to
    // another deployment file.
    const paths = connector === undefined ? deployment.connectors.map(({ path }) => path) : [connector];
    const entries = await Promise.all(paths.map((path) => store.listQuarantine(path, limit)));
    return entries
      .flat()
      .sort((a, b) => b.since - a.since)
      .slice(0, limit);
  });
}

export function formatQuarantineTable(entries: readonly QuarantineEntry[]): string {
  if (entries.length === 0) return 'The quarantine is empty.';
  const rows = entries.map(({ connector, stream, kind, id, since, reason }) =>
    [`/${connector}`, stream, kind, formatTime(since), id, reason].map(replaceControlCharacters),
  );
  return formatTable([['CONNECTOR', 'STREAM', 'KIND', 'SINCE', 'ID', 'REASON'], ...rows]);
}
