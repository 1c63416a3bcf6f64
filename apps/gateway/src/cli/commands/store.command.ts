/** `tributary store …`: migrates the tables of a store, copies a store to another database, and compares two stores. */
import { formatTime } from '@tributary/connector-api';
import {
  adoptStore,
  redactLocation,
  copyStore,
  openStore,
  startEpochAfterRestore,
  summarizeStore,
  type TableSummary,
} from '@tributary/feed';
import type { Command } from 'commander';
import { CliError, EXIT_CODES } from '../shared/cli-error.js';
import {
  createConfigOption,
  formatExamples,
  parseLimit,
  type CommandContext,
  type ConfigOption,
} from '../shared/command-context.js';
import { toDeploymentIdentity } from '../../mount/connector-identity.js';
import { pluralize, formatTable, type Terminal } from '../shared/terminal.js';
import { verifyAuditLog } from './verify-audit-log.js';
import { verifyRows } from './verify-rows.js';

interface StoreUrlOptions {
  from: string;
  to: string;
}

interface CopyOptions {
  evenIfInUse?: boolean;
}

/** If `to` is absent, only the store `from` is checked. Otherwise the two stores are compared. */
interface CheckOptions {
  from: string;
  to?: string;
  resume?: string;
}

export function registerStoreCommand(cli: CommandContext): void {
  const store = cli.program
    .command('store')
    .description('The store: its tables, and its move to another database.');
  registerMigrateCommand(store, cli);
  registerRestoreCommand(store, cli);
  registerAdoptCommand(store, cli);
  registerCopyCommand(store, cli);
  registerCheckCommand(store, cli);
}

function registerMigrateCommand(store: Command, { terminal, load }: CommandContext): void {
  store
    .command('migrate')
    .description('Bring the tables of the store up to date, as every gateway does when it starts.')
    .addOption(createConfigOption())
    .addHelpText('after', formatExamples('tributary store migrate --config gateway.yaml'))
    .action(async ({ config }: ConfigOption) => {
      const deployment = await load(config);
      const printProgress = (message: string) => terminal.err(message);
      await (await openStore(deployment.store, undefined, printProgress)).close();
      terminal.out(`The tables of ${redactLocation(deployment.store)} are up to date.`);
    });
}

function registerAdoptCommand(store: Command, { terminal, load }: CommandContext): void {
  store
    .command('adopt')
    .description(
      'Make the store belong to the deployment of this file from now on. Stop every gateway first.',
    )
    .addOption(createConfigOption())
    .addHelpText('after', formatExamples('tributary store adopt --config gateway.yaml'))
    .action(async ({ config }: ConfigOption) => {
      const deployment = await load(config);
      await adoptStore(deployment.store, toDeploymentIdentity(deployment));
      const name = deployment.name === undefined ? 'a deployment without a name' : `"${deployment.name}"`;
      terminal.out(`${redactLocation(deployment.store)} belongs to ${name} from now on.`);
    });
}

function registerRestoreCommand(store: Command, { terminal, load }: CommandContext): void {
  store
    .command('restore')
    .description(
      'Make a backup that was put back, or a copy on another server, the store to go on with. Stop every gateway first.',
    )
    .addOption(createConfigOption())
    .option(
      '--reader-lead <seconds>',
      'how far the feed times that readers know can be ahead of the clock: 1 s for 100 rows of the largest import that was lost',
      parseLimit,
      600,
    )
    .addHelpText('after', formatExamples('tributary store restore --config gateway.yaml'))
    .action(async ({ config, readerLead }: ConfigOption & { readerLead: number }) => {
      const deployment = await load(config);
      const { restoredAt, backupAt } = await startEpochAfterRestore(deployment.store, {
        readerLeadMs: readerLead * 1000,
      });
      const [from, to] = [formatTime(backupAt), formatTime(restoredAt)];
      terminal.out(
        `${redactLocation(deployment.store)} goes on from its state of ${from}. What was written from then until ${to} is pulled again; orders are looked up at the PSP before they are sent.`,
      );
    });
}

function registerCopyCommand(store: Command, { terminal }: CommandContext): void {
  addStoreUrlOptions(store.command('copy'))
    .description(
      'Copy a whole store into an empty one, feed times and cursors included. Stop every gateway first.',
    )
    .option(
      '--even-if-in-use',
      'do not refuse when a gateway has one of them open; what it writes meanwhile is not copied',
    )
    .addHelpText('after', formatExamples(`tributary store copy ${FROM_TO_EXAMPLE}`, PASSWORD_EXAMPLE))
    .action(async ({ from, to, evenIfInUse = false }: StoreUrlOptions & CopyOptions) => {
      let lastPrintedAt = Date.now();
      const onProgress = (table: string, rows: number) => {
        if (Date.now() - lastPrintedAt < PROGRESS_INTERVAL_MS) return;
        lastPrintedAt = Date.now();
        terminal.err(`${table}: ${rows} rows so far`);
      };
      await copyStore(from, to, { onProgress, evenIfInUse });
      await compareStores(from, to, terminal);
    });
}

function registerCheckCommand(store: Command, { terminal }: CommandContext): void {
  store
    .command('check')
    .description(
      'Look a store through for damage: compare every row and every event of the audit log with its hash. Compare it with another store, table by table: counts, and digests of every row. No gateway may be writing.',
    )
    .requiredOption('--from <url>', STORE_URL_HELP)
    .option('--to <url>', 'another one')
    .option(
      '--resume <position>',
      'compare rows with their hashes from a position that an earlier check printed',
    )
    .addHelpText(
      'after',
      formatExamples(
        `tributary store check ${FROM_TO_EXAMPLE}`,
        'tributary store check --from sqlite:./data/tributary.db',
      ),
    )
    .action(async ({ from, to, resume }: CheckOptions) => {
      if (to === undefined) await checkStore(from, terminal);
      else await compareStores(from, to, terminal);
      const problems = [
        await verifyRows(from, resume, terminal),
        await verifyAuditLog(from, terminal),
      ].filter((problem) => problem !== undefined);
      if (problems.length > 0) throw new CliError(problems.join('\n'), EXIT_CODES.failed);
    });
}

function addStoreUrlOptions(command: Command): Command {
  return command.requiredOption('--from <url>', STORE_URL_HELP).requiredOption('--to <url>', 'another one');
}

async function checkStore(from: string, terminal: Terminal): Promise<void> {
  const rows = (await summarizeStore(from)).map(({ table, rows, digest }) => [table, String(rows), digest]);
  terminal.out(formatTable([['TABLE', 'ROWS', 'DIGEST'], ...rows]));
}

async function compareStores(from: string, to: string, terminal: Terminal): Promise<void> {
  const [left, right] = [await summarizeStore(from), await summarizeStore(to)];
  const rows = left.map((summary, index) => compareTable(summary, right[index]));
  terminal.out(formatTable([['TABLE', 'ROWS', 'IN THE OTHER', ''], ...rows]));
  const differing = rows.filter(([, , , verdict]) => verdict !== SAME_LABEL).length;
  if (differing > 0)
    throw new CliError(
      `${pluralize(differing, 'table')} of the stores differ. ${DIFFERENCE_ADVICE}`,
      EXIT_CODES.failed,
    );
}

function compareTable({ table, rows, digest }: TableSummary, other: TableSummary | undefined): string[] {
  return [table, String(rows), String(other?.rows ?? 0), digest === other?.digest ? SAME_LABEL : 'DIFFERENT'];
}

const STORE_URL_HELP = 'sqlite:<path of a file> or postgres://<user>@<host>/<database>';
/** The minimum time between two progress lines, in milliseconds. */
const PROGRESS_INTERVAL_MS = 2000;
const SAME_LABEL = 'the same';
const DIFFERENCE_ADVICE =
  'A gateway that writes to one of them makes them so: stop every gateway, and compare again. A copy that was made meanwhile is no good: copy once more, into a new, empty store.';
const FROM_TO_EXAMPLE =
  '--from sqlite:./data/tributary.db --to postgres://tributary@db.example.com/tributary';
const PASSWORD_EXAMPLE = 'PGPASSWORD=… keeps the password from those who can list processes';
