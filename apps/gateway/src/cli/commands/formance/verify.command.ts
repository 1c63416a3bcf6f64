/** The command `tributary formance verify` verifies that Formance Payments has every row that was served to its reader. */
import { formatTime } from '@tributary/connector-api';
import type { Command } from 'commander';
import { CliError, EXIT_CODES } from '../../shared/cli-error.js';
import {
  createConfigOption,
  formatExamples,
  type CommandContext,
  type ConfigOption,
} from '../../shared/command-context.js';
import { withStore } from '../../shared/with-store.js';
import { withPaymentsClient } from './connect-to-formance.js';
import { groupByFormance } from './group-by-formance.js';
import { verifyDelivery, type DeliveryReport } from './verify-delivery.js';

/** The maximum number of differences of one connector in the text. The option `--json` shows all differences. */
const MAX_SHOWN_DIFFERENCES = 100;

interface VerifyOptions extends ConfigOption {
  workFile?: string;
  json?: true;
}

export function registerVerifyCommand(formance: Command, { terminal, result, load }: CommandContext): void {
  formance
    .command('verify')
    .description(
      'Prove that Formance has every row that it was served: each payment with its asset, amounts, status and versions, each account with its newest balances, and each beneficiary.',
    )
    .argument('[connectors...]', 'their paths; all connectors without them')
    .addOption(createConfigOption())
    .option('--work-file <file>', 'where the proof of one connector is kept, so that it can be continued')
    .option('--json', 'one JSON array')
    .addHelpText(
      'after',
      formatExamples('tributary formance verify house-bank --work-file proof.db --config gateway.yaml'),
    )
    .action(async (paths: string[], { config, workFile = '', json }: VerifyOptions) => {
      const deployment = await load(config);
      const groups = groupByFormance(deployment, paths);
      if (workFile !== '' && groups.flatMap(({ connectors }) => connectors).length > 1)
        throw new CliError(
          '--work-file is for one connector; name it, or leave --work-file out',
          EXIT_CODES.usage,
        );
      const reports: DeliveryReport[] = [];
      for (const group of groups)
        await withPaymentsClient(deployment, group, (client) =>
          withStore(deployment, async (store) => {
            for (const desired of group.connectors) {
              const report = await verifyDelivery({ desired, client, store, workFile }, (progress) =>
                terminal.err(`${desired.path}: ${progress}`),
              );
              reports.push(report);
            }
          }),
        );
      terminal.out(
        json
          ? JSON.stringify(reports, undefined, 2)
          : reports.map((report) => formatReport(report)).join('\n'),
      );
      if (reports.some(({ differences }) => differences.length > 0)) result.exitCode = EXIT_CODES.incomplete;
    });
}

function formatReport({
  connector,
  counts,
  requestedAt,
  oldResultFrom,
  differences,
}: DeliveryReport): string {
  const { rows, payments, found, inTransit, balances, accountsInTransit } = counts;
  const head = `${connector}: ${rows} rows make ${payments} payments; Formance has ${found}, and asked last at ${formatTime(requestedAt)}`;
  const age =
    oldResultFrom === undefined
      ? []
      : [
          `  This is an old result: the work file was finished at ${formatTime(oldResultFrom)}. Delete the file to begin a new proof`,
        ];
  const transit =
    inTransit > 0
      ? [`  ${inTransit} payments were not compared: Formance has not asked for their newest rows yet`]
      : [];
  const balanceLines = [
    `  ${balances} balances were compared`,
    ...(accountsInTransit > 0
      ? [
          `  The balances of ${accountsInTransit} accounts were not compared: Formance has not asked for the newest ones yet`,
        ]
      : []),
  ];
  const lines = differences
    .slice(0, MAX_SHOWN_DIFFERENCES)
    .map(({ kind, object, message }) => `  ${kind} ${object}: ${message}`);
  const others = differences.length - lines.length;
  return [
    head,
    ...age,
    ...transit,
    ...balanceLines,
    ...lines,
    ...(others > 0 ? [`  ${others} more differences: --json shows all`] : []),
    differences.length === 0 ? '  no difference' : `  ${differences.length} differences`,
  ].join('\n');
}
