/** `tributary store …`: migrates the tables of a store, copies a store to another database, and compares two stores. */
import { shownLocation, copyStore, openStore, summarise, type TableSummary } from '@tributary/feed';
import type { Command } from 'commander';
import { CliError, EXIT } from './cli-error.js';
import { configOption, examples, type Cli, type ConfigOption } from './command.js';
import { count, formatTable, type Terminal } from './terminal.js';

interface Move {
  from: string;
  to: string;
}

interface CopyOption {
  evenIfInUse?: boolean;
}

/** Without `to`, only the store `from` is checked; otherwise the two stores are compared. */
interface CheckOption {
  from: string;
  to?: string;
}

export function addStore(cli: Cli): void {
  const store = cli.program
    .command('store')
    .description('The store: its tables, and its move to another database.');
  addMigrate(store, cli);
  addCopy(store, cli);
  addCheck(store, cli);
}

function addMigrate(store: Command, { terminal, load }: Cli): void {
  store
    .command('migrate')
    .description('Bring the tables of the store up to date, as every gateway does when it starts.')
    .addOption(configOption())
    .addHelpText('after', examples('tributary store migrate --config gateway.yaml'))
    .action(async ({ config }: ConfigOption) => {
      const deployment = load(config);
      await (await openStore(deployment.store)).close();
      terminal.out(`The tables of ${shownLocation(deployment.store)} are up to date.`);
    });
}

function addCopy(store: Command, { terminal }: Cli): void {
  ends(store.command('copy'))
    .description(
      'Copy a whole store into an empty one, feed times and cursors included. Stop every gateway first.',
    )
    .option(
      '--even-if-in-use',
      'do not refuse when a gateway has one of them open; what it writes meanwhile is not copied',
    )
    .addHelpText('after', examples(`tributary store copy ${FROM_TO}`, PASSWORD))
    .action(async ({ from, to, evenIfInUse = false }: Move & CopyOption) => {
      let shown = Date.now();
      const onProgress = (table: string, rows: number) => {
        if (Date.now() - shown < EVERY) return;
        shown = Date.now();
        terminal.err(`${table}: ${rows} rows so far`);
      };
      await copyStore(from, to, { onProgress, evenIfInUse });
      await compare(from, to, terminal);
    });
}

function addCheck(store: Command, { terminal }: Cli): void {
  store
    .command('check')
    .description(
      'Look a store through for damage, and compare it with another one, table by table: counts, and digests of every row. No gateway may be writing.',
    )
    .requiredOption('--from <url>', URL)
    .option('--to <url>', 'another one')
    .addHelpText(
      'after',
      examples(`tributary store check ${FROM_TO}`, 'tributary store check --from sqlite:./data/tributary.db'),
    )
    .action(({ from, to }: CheckOption) =>
      to === undefined ? lookThrough(from, terminal) : compare(from, to, terminal),
    );
}

function ends(command: Command): Command {
  return command.requiredOption('--from <url>', URL).requiredOption('--to <url>', 'another one');
}

async function lookThrough(from: string, terminal: Terminal): Promise<void> {
  const rows = (await summarise(from)).map(({ table, rows, digest }) => [table, String(rows), digest]);
  terminal.out(formatTable([['TABLE', 'ROWS', 'DIGEST'], ...rows]));
}

async function compare(from: string, to: string, terminal: Terminal): Promise<void> {
  const [left, right] = [await summarise(from), await summarise(to)];
  const rows = left.map((summary, index) => compared(summary, right[index]));
  terminal.out(formatTable([['TABLE', 'ROWS', 'IN THE OTHER', ''], ...rows]));
  const differing = rows.filter(([, , , verdict]) => verdict !== SAME).length;
  if (differing > 0)
    throw new CliError(`${count(differing, 'table')} of the stores differ. ${ADVICE}`, EXIT.failed);
}

function compared({ table, rows, digest }: TableSummary, other: TableSummary | undefined): string[] {
  return [table, String(rows), String(other?.rows ?? 0), digest === other?.digest ? SAME : 'DIFFERENT'];
}

const URL = 'sqlite:<path of a file> or postgres://<user>@<host>/<database>';
/** Minimum time between two progress lines, in milliseconds. */
const EVERY = 2000;
const SAME = 'the same';
const ADVICE =
  'A gateway that writes to one of them makes them so: stop every gateway, and compare again. A copy that was made meanwhile is no good: copy once more, into a new, empty store.';
const FROM_TO = '--from sqlite:./data/tributary.db --to postgres://tributary@db.example.com/tributary';
const PASSWORD = 'PGPASSWORD=… keeps the password from those who can list processes';
