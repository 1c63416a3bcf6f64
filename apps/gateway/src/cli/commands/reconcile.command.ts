/**
 * The command `tributary reconcile …` compares accounts at PSPs with a ledger, and records the decisions of people about the differences.
 */
import { BreakDecisions, DecisionError, previewPolicy, runPolicy } from '@tributary/reconciliation';
import { InvalidArgumentError, type Command } from 'commander';
import { createPreviewSources, createRunSources } from '../../reconciliation/create-run-sources.js';
import { CliError } from '../shared/cli-error.js';
import {
  createConfigOption,
  formatExamples,
  parseLimit,
  type CommandContext,
  type ConfigOption,
} from '../shared/command-context.js';
import { findUserName } from '../shared/create-author.js';
import { withStore } from '../shared/with-store.js';
import { formatPreview, formatRun } from './format-reconciliation.js';
import { registerReconcileReadCommands } from './reconcile-queries.command.js';
import { POLICY_ARGUMENT_HELP, selectPolicies, selectPolicyNames } from './select-policies.js';
import { combineExitCodes, getReconcileExitCode } from './get-reconcile-exit-code.js';

export function registerReconcileCommand(cli: CommandContext): void {
  const reconcile = cli.program
    .command('reconcile')
    .description('Compare accounts at PSPs with a Formance Ledger, and work on the differences.');
  registerCheck(reconcile, cli);
  registerRun(reconcile, cli);
  registerReconcileReadCommands(reconcile, cli);
  registerDecisions(reconcile, cli);
}

function registerCheck(reconcile: Command, { terminal, load }: CommandContext): void {
  reconcile
    .command('check')
    .description('Say what the rules of a policy would match now, with examples of breaks; store no run.')
    .argument('[policy]', POLICY_ARGUMENT_HELP)
    .addOption(createConfigOption())
    .addHelpText('after', formatExamples('tributary reconcile check house-bank --config gateway.yaml'))
    .action(async (name: string | undefined, { config }: ConfigOption) => {
      const deployment = await load(config);
      const policies = selectPolicies(deployment, name);
      await withStore(deployment, async (store) => {
        for (const each of policies) {
          const asOf = await store.currentTime();
          terminal.out(
            formatPreview(
              await previewPolicy(store, each.policy, createPreviewSources(deployment, each), asOf),
              each.policy,
            ),
          );
        }
      });
    });
}

function registerRun(reconcile: Command, { terminal, result, load }: CommandContext): void {
  reconcile
    .command('run')
    .description(
      'Compare everything that the store and the ledger have now. Exit code: 0, 1 open breaks, 2 incomplete.',
    )
    .argument('[policy]', POLICY_ARGUMENT_HELP)
    .addOption(createConfigOption())
    .option('--json', 'one JSON array with the summary of each run')
    .addHelpText('after', formatExamples('tributary reconcile run --config gateway.yaml'))
    .action(async (name: string | undefined, { config, json }: ConfigOption & { json?: true }) => {
      const deployment = await load(config);
      const policies = selectPolicies(deployment, name);
      const runs = await withStore(deployment, async (store) => {
        const results = [];
        for (const each of policies)
          results.push(
            await runPolicy(
              ...([store, each.policy, createRunSources(deployment, store, each)] as const),
              await store.currentTime(),
            ),
          );
        return results;
      });
      terminal.out(json ? JSON.stringify(runs, undefined, 2) : runs.map(formatRun).join('\n\n'));
      result.exitCode = combineExitCodes(runs.map(({ summary }) => getReconcileExitCode(summary.verdict)));
    });
}

interface DecisionOptions extends ConfigOption {
  by: string;
  note: string;
}

function registerDecisions(reconcile: Command, cli: CommandContext): void {
  decision(reconcile, 'accept', 'Accept a break as it is now: it no longer counts, until it changes.')
    .argument('<break>', BREAK_ARGUMENT_HELP)
    .option('--until <time>', 'RFC 3339; the break is open again then', parseTime)
    .action((id: string, options: DecisionOptions & { until?: string }) =>
      decide(cli, options, async (decisions) => {
        const { by, note, until } = options;
        await decisions.accept(id, { by, note, ...(until !== undefined && { until }) });
        return `Break ${id} is accepted. The next run counts it as accepted.`;
      }),
    );
  decision(reconcile, 'assign', 'Say who works on a break.')
    .argument('<break>', BREAK_ARGUMENT_HELP)
    .argument('<person>', 'who works on it')
    .action((id: string, person: string, options: DecisionOptions) =>
      decide(cli, options, async (decisions) => {
        await decisions.assign(id, person, { by: options.by, note: options.note });
        return `Break ${id} is assigned to ${person}.`;
      }),
    );
  decision(reconcile, 'comment', 'Write a comment on a break.')
    .argument('<break>', BREAK_ARGUMENT_HELP)
    .action((id: string, options: DecisionOptions) =>
      decide(cli, options, async (decisions) => {
        await decisions.comment(id, { by: options.by, note: options.note });
        return `The comment on break ${id} is stored.`;
      }),
    );
  decision(reconcile, 'link', 'Match the items of breaks by hand. The sums of both sides must be equal.')
    .argument('<breaks...>', 'ids of the breaks')
    .action((ids: string[], options: DecisionOptions) =>
      decide(cli, options, async (decisions) => {
        const link = await decisions.link(ids, { by: options.by, note: options.note });
        return `Link ${link} is stored. The next run matches these items. Undo it with: tributary reconcile unlink ${link}`;
      }),
    );
  decision(reconcile, 'unlink', 'Undo a link.')
    .argument('<link>', 'the number of the link', parseLimit)
    .action((link: number, options: DecisionOptions) =>
      decide(cli, options, async (decisions) => {
        await decisions.unlink(link, { by: options.by, note: options.note });
        return `Link ${link} is undone. The next run does not match its items by it.`;
      }),
    );
}

function decision(reconcile: Command, name: string, description: string): Command {
  return reconcile
    .command(name)
    .description(description)
    .addOption(createConfigOption())
    .requiredOption('--note <text>', 'why; kept in the audit trail')
    .option('--by <name>', 'who decides; the user of this machine without it', findUserName());
}

/** Executes a decision. If the decision is not possible, the function shows the reason. */
async function decide(
  { terminal, load }: CommandContext,
  { config }: ConfigOption,
  work: (decisions: BreakDecisions) => Promise<string>,
): Promise<void> {
  const deployment = await load(config);
  const names = selectPolicyNames(deployment);
  try {
    terminal.out(
      await withStore(deployment, (store) => work(new BreakDecisions(store.reconciliation(), names))),
    );
  } catch (error) {
    throw error instanceof DecisionError ? new CliError(error.message) : error;
  }
}

function parseTime(text: string): string {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new InvalidArgumentError('Expected a time like 2026-12-31T00:00:00Z.');
  return new Date(time).toISOString();
}

const BREAK_ARGUMENT_HELP = 'its id, e.g. brk_0123456789abcdef0123';
