/** The subcommands of `tributary reconcile` that only read data: list, show, explain, export and verify. */
import type { ReconciliationRepository, StoredRun } from '@tributary/feed';
import {
  BREAK_CLASSES,
  BreakDecisions,
  DecisionError,
  explainRecord,
  exportRun,
  listBreakEvents,
  streamBreaks,
  verifyEvents,
  verifyExport,
  verifyRun,
  type Break,
} from '@tributary/reconciliation';
import { Option, type Command } from 'commander';
import type { Deployment } from '../../config/index.js';
import { CliError, EXIT_CODES } from '../shared/cli-error.js';
import {
  createConfigOption,
  formatExamples,
  parseLimit,
  type CommandContext,
  type ConfigOption,
} from '../shared/command-context.js';
import { pluralize } from '../shared/terminal.js';
import { withStore } from '../shared/with-store.js';
import { formatBreak, formatBreaks, formatExplanations, formatRuns } from './format-reconciliation.js';
import { POLICY_ARGUMENT_HELP, selectPolicyNames } from './select-policies.js';

export function registerReconcileReadCommands(reconcile: Command, cli: CommandContext): void {
  registerList(reconcile, cli);
  registerShow(reconcile, cli);
  registerExplain(reconcile, cli);
  registerExport(reconcile, cli);
  registerVerify(reconcile, cli);
}

interface ListOptions extends ConfigOption {
  runs?: true;
  class?: string;
  state?: string;
  json?: true;
  limit: number;
}

function registerList(reconcile: Command, { terminal, load }: CommandContext): void {
  reconcile
    .command('list')
    .description('List the breaks of the newest run of each policy, or the runs.')
    .argument('[policy]', POLICY_ARGUMENT_HELP)
    .addOption(createConfigOption())
    .option('--runs', 'the runs instead of the breaks, newest first')
    .addOption(new Option('--class <class>', 'only breaks of this class').choices(BREAK_CLASSES))
    .addOption(
      new Option('--state <state>', 'only breaks in this state').choices(['open', 'pending', 'accepted']),
    )
    .option('--json', 'one JSON array')
    .option('--limit <count>', 'at most so many', parseLimit, 100)
    .addHelpText('after', formatExamples('tributary reconcile list --state open --config gateway.yaml'))
    .action(async (name: string | undefined, options: ListOptions) => {
      const deployment = await load(options.config);
      const policies = selectPolicyNames(deployment, name);
      await withStore(deployment, async (store) => {
        const repository = store.reconciliation();
        if (options.runs) {
          const runs = (
            await Promise.all(policies.map((policy) => repository.listRuns(policy, options.limit)))
          ).flat();
          return terminal.out(options.json ? JSON.stringify(runs, undefined, 2) : formatRuns(runs));
        }
        const breaks = [];
        for (const policy of policies) breaks.push(...(await listNewestBreaks(repository, policy, options)));
        if (options.json) return terminal.out(JSON.stringify(breaks, undefined, 2));
        terminal.out(breaks.length === 0 ? 'There are no such breaks.' : formatBreaks(breaks));
      });
    });
}

async function listNewestBreaks(
  repository: ReconciliationRepository,
  policy: string,
  options: ListOptions,
): Promise<Break[]> {
  const [run] = await repository.listRuns(policy, 1);
  const breaks: Break[] = [];
  if (!run) return breaks;
  for await (const stored of streamBreaks(repository, run.id)) {
    if (options.class !== undefined && stored.class !== options.class) continue;
    if (options.state !== undefined && stored.state !== options.state) continue;
    if (breaks.push(JSON.parse(stored.body) as Break) === options.limit) break;
  }
  return breaks;
}

function registerShow(reconcile: Command, { terminal, load }: CommandContext): void {
  reconcile
    .command('show')
    .description('Show a break of the newest run: both sides, the reason, and what people decided.')
    .argument('<break>', 'its id')
    .addOption(createConfigOption())
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      formatExamples('tributary reconcile show brk_0123456789abcdef0123 --config gateway.yaml'),
    )
    .action(async (id: string, { config, json }: ConfigOption & { json?: true }) => {
      const deployment = await load(config);
      const names = selectPolicyNames(deployment);
      await withStore(deployment, async (store) => {
        const repository = store.reconciliation();
        const found = await findBreak(new BreakDecisions(repository, names), id);
        const events = await listBreakEvents(repository, id);
        terminal.out(json ? JSON.stringify({ ...found, events }, undefined, 2) : formatBreak(found, events));
      });
    });
}

async function findBreak(decisions: BreakDecisions, id: string): Promise<Break> {
  try {
    return (await decisions.find(id)).found;
  } catch (error) {
    throw error instanceof DecisionError ? new CliError(error.message) : error;
  }
}

function registerExplain(reconcile: Command, { terminal, load }: CommandContext): void {
  reconcile
    .command('explain')
    .description('Explain with what a record is matched, or why no candidate matches it.')
    .argument('<policy>', 'name of the policy')
    .argument('<record>', 'the id of a row as served, or the id of a ledger transaction with --ledger')
    .addOption(createConfigOption())
    .option('--ledger', 'the record is a transaction of the ledger')
    .option('--json', 'one JSON array')
    .addHelpText(
      'after',
      formatExamples('tributary reconcile explain house-bank tr_17 --config gateway.yaml'),
    )
    .action(async (name: string, record: string, options: ConfigOption & { ledger?: true; json?: true }) => {
      const deployment = await load(options.config);
      await withStore(deployment, async (store) => {
        const repository = store.reconciliation();
        const [run] = await findRuns(repository, deployment, name);
        if (!run) return;
        const side = options.ledger ? 'ledger' : 'psp';
        const explanations = await explainRecord(repository, run, side, record);
        if (explanations.length === 0)
          throw new CliError(`The newest run of ${name} has no ${side} record ${JSON.stringify(record)}.`);
        terminal.out(
          options.json ? JSON.stringify(explanations, undefined, 2) : formatExplanations(explanations),
        );
      });
    });
}

function registerExport(reconcile: Command, { terminal, load }: CommandContext): void {
  reconcile
    .command('export')
    .description('Write the report of a run: report.json, breaks.csv, report.html, and manifest.sha256.')
    .argument('<policy>', 'name of the policy: its newest run; or the id of a run')
    .requiredOption('--to <directory>', 'where the files are written')
    .addOption(createConfigOption())
    .addHelpText(
      'after',
      formatExamples('tributary reconcile export house-bank --to ./report --config gateway.yaml'),
    )
    .action(async (name: string, { config, to }: ConfigOption & { to: string }) => {
      const deployment = await load(config);
      await withStore(deployment, async (store) => {
        const repository = store.reconciliation();
        for (const run of await findRuns(repository, deployment, name))
          terminal.out((await exportRun(repository, run, to)).join('\n'));
      });
    });
}

function registerVerify(reconcile: Command, { terminal, result, load }: CommandContext): void {
  reconcile
    .command('verify')
    .description(
      'Prove that the audit trail was not changed, and that runs and reports follow from their inputs.',
    )
    .argument(
      '[policy]',
      'name of a policy: its newest run; or the id of a run; the newest runs of all policies without it',
    )
    .option('--report <directory>', 'compare an exported report, too')
    .addOption(createConfigOption())
    .addHelpText('after', formatExamples('tributary reconcile verify --config gateway.yaml'))
    .action(async (name: string | undefined, { config, report }: ConfigOption & { report?: string }) => {
      const deployment = await load(config);
      await withStore(deployment, async (store) => {
        const repository = store.reconciliation();
        const { events, problem } = await verifyEvents(repository);
        const problems = problem === undefined ? [] : [`The audit trail: ${problem}.`];
        const runs = await findRuns(repository, deployment, name);
        for (const run of runs) {
          const found =
            (await verifyRun(repository, run)) ??
            (report === undefined ? undefined : await verifyExport(repository, run, report));
          if (found !== undefined) problems.push(`${run.name}: ${found}.`);
        }
        for (const each of problems) terminal.err(each);
        result.exitCode = problems.length === 0 ? EXIT_CODES.done : VERIFY_FAILED;
        if (problems.length === 0)
          terminal.out(
            `${pluralize(events, 'event')} and ${pluralize(runs.length, 'run')} are as they were written.`,
          );
      });
    });
}

/** The exit code if the verification fails because the stored data was changed. */
const VERIFY_FAILED = 2;

/**
 * Returns the run with this id, or the newest run of each policy.
 * @throws CliError when there is no run
 */
async function findRuns(
  repository: ReconciliationRepository,
  deployment: Deployment,
  name: string | undefined,
): Promise<StoredRun[]> {
  const byId = name?.startsWith('run_') ? await repository.findRun(name) : undefined;
  if (byId) return [byId];
  const policies = selectPolicyNames(deployment, name);
  const runs = (await Promise.all(policies.map((policy) => repository.listRuns(policy, 1)))).flat();
  if (runs.length === 0) throw new CliError('There is no run yet; start one with tributary reconcile run.');
  return runs;
}
