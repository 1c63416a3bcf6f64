/**
 * The command `tributary completeness …` accepts a gap that a person has explained, and lists accepted gaps. A gap is a confirmed
 * difference between a balance and the sum of its rows.
 */
import { formatAmount, formatTime } from '@tributary/connector-api';
import { acceptGap } from '@tributary/sync';
import type { Command } from 'commander';
import { CliError, EXIT_CODES } from '../shared/cli-error.js';
import {
  createConfigOption,
  formatExamples,
  requireConnector,
  type CommandContext,
  type ConfigOption,
} from '../shared/command-context.js';
import { formatTable, replaceControlCharacters } from '../shared/terminal.js';
import { withStore } from '../shared/with-store.js';
import { listGaps } from './list-gaps.js';

interface AcceptOptions extends ConfigOption {
  asset: string;
  by: string;
  note: string;
  yes?: true;
}

const ACCEPT_EXAMPLE =
  'tributary completeness accept house-bank acc-1 --asset EUR/2 --by "A. Smith" --note "interest that the API does not list" --yes --config gateway.yaml';

export function registerCompletenessCommand(cli: CommandContext): void {
  const completeness = cli.program
    .command('completeness')
    .description('Differences between balances and rows that a person has explained.');
  registerAcceptCommand(completeness, cli);
  registerAcceptedCommand(completeness, cli);
}

function registerAcceptCommand(parent: Command, { terminal, load, result }: CommandContext): void {
  parent
    .command('accept')
    .description('Accept a confirmed gap: balance and rows agree again, and later losses are found.')
    .argument('<connector>', 'its path')
    .argument('<account>', 'the account, as "tributary quarantine --gaps" names it')
    .requiredOption('--asset <asset>', 'e.g. EUR/2')
    .requiredOption('--by <name>', 'who accepts it')
    .requiredOption('--note <text>', 'why it is right')
    .option('--yes', 'do it; without it, the command only says what it would do')
    .addOption(createConfigOption())
    .addHelpText('after', formatExamples(ACCEPT_EXAMPLE))
    .action(async (argument: string, accountId: string, options: AcceptOptions) => {
      const deployment = await load(options.config);
      const connector = requireConnector(deployment, argument);
      const { asset, by, note } = options;
      const gaps = await listGaps(deployment, connector);
      const gap = gaps.find((each) => each.accountId === accountId && each.asset === asset);
      if (gap?.state !== 'confirmed' || gap.difference === undefined)
        throw new CliError(
          `Account ${accountId} of /${connector} has no confirmed gap in ${asset}. "tributary quarantine --gaps" lists the gaps. Nothing was changed.`,
        );
      const difference = formatAmount({ amount: BigInt(gap.difference), asset });
      if (!options.yes) {
        terminal.err(
          `The difference ${difference} ${asset} of account ${accountId} would become a part of its opening balance. Nothing was changed. Say it again with --yes if it is explained.`,
        );
        result.exitCode = EXIT_CODES.usage;
        return;
      }
      const accepted = await withStore(deployment, (store) =>
        acceptGap(store, { connector, accountId, asset, by, note }),
      );
      if (accepted === undefined)
        throw new CliError(`The gap of account ${accountId} has just ended. Nothing was changed.`);
      terminal.out(
        `The difference ${formatAmount({ amount: accepted, asset })} ${asset} of account ${accountId} is accepted.`,
      );
    });
}

function registerAcceptedCommand(parent: Command, { terminal, load }: CommandContext): void {
  parent
    .command('accepted')
    .description('List the gaps that were accepted: who accepted them, when, and why; newest first.')
    .argument('<connector>', 'its path')
    .addOption(createConfigOption())
    .addHelpText('after', formatExamples('tributary completeness accepted house-bank --config gateway.yaml'))
    .action(async (argument: string, { config }: ConfigOption) => {
      const deployment = await load(config);
      const connector = requireConnector(deployment, argument);
      const accepted = await withStore(deployment, (store) =>
        store.completeness(connector).listAcceptances(),
      );
      const rows = accepted.map(({ at, message }) => [formatTime(at), message].map(replaceControlCharacters));
      terminal.out(rows.length === 0 ? 'No gap was accepted.' : formatTable([['TIME', 'WHAT'], ...rows]));
    });
}
