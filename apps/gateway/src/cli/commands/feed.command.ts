/** `tributary feed …`: shows a record with its versions, compares two versions, and exports a feed. */
import { formatTime, STREAMS, tryEncodeId, type Stream } from '@tributary/connector-api';
import type { Store, StoredVersion } from '@tributary/feed';
import { Option, type Command } from 'commander';
import { CliError } from '../shared/cli-error.js';
import {
  createConfigOption,
  formatExamples,
  parseLimit,
  requireConnector,
  type CommandContext,
  type ConfigOption,
} from '../shared/command-context.js';
import { withStore } from '../shared/with-store.js';
import { flattenRecord, formatDifferences, formatVersions, toCsvLine } from './format-feed.js';

export function registerFeedCommand(cli: CommandContext): void {
  const feed = cli.program
    .command('feed')
    .description('Records as clients get them, with all their versions.');
  registerShow(feed, cli);
  registerDiff(feed, cli);
  registerExport(feed, cli);
}

/** The maximum number of versions that are read for one record. */
const MAX_VERSIONS = 1_000;
/** The number of rows that an export reads at a time. */
const EXPORT_BATCH_ROWS = 500;

function registerShow(feed: Command, { terminal, load }: CommandContext): void {
  addRecordArguments(feed.command('show'))
    .description('Show the versions of a record, newest first.')
    .option('--json', 'one JSON array')
    .addHelpText(
      'after',
      formatExamples(`tributary feed show house-bank transactions tr_17 ${CONFIG_EXAMPLE}`),
    )
    .action(
      async (path: string, stream: Stream, id: string, { config, json }: ConfigOption & { json?: true }) => {
        const deployment = await load(config);
        const connector = requireConnector(deployment, path);
        const versions = await withStore(deployment, (store) => findVersions(store, connector, stream, id));
        terminal.out(json ? formatAsJson(versions) : formatVersions(versions));
      },
    );
}

function registerDiff(feed: Command, { terminal, load }: CommandContext): void {
  addRecordArguments(feed.command('diff'))
    .description('Show what each version of a record changed.')
    .addHelpText(
      'after',
      formatExamples(`tributary feed diff house-bank transactions tr_17 ${CONFIG_EXAMPLE}`),
    )
    .action(async (path: string, stream: Stream, id: string, { config }: ConfigOption) => {
      const deployment = await load(config);
      const connector = requireConnector(deployment, path);
      const versions = await withStore(deployment, (store) => findVersions(store, connector, stream, id));
      terminal.out(formatDifferences(versions));
    });
}

interface ExportOptions extends ConfigOption {
  format: 'ndjson' | 'csv';
  after: number;
}

function registerExport(feed: Command, { terminal, load }: CommandContext): void {
  feed
    .command('export')
    .description('Write all rows of a feed to standard output, oldest first.')
    .argument('<connector>', 'its path')
    .addArgument(feed.createArgument('<stream>', 'the stream').choices(STREAMS))
    .addOption(createConfigOption())
    .addOption(
      new Option('--format <format>', 'how rows are written').choices(['ndjson', 'csv']).default('ndjson'),
    )
    .option('--after <sequence>', 'only rows after this sequence number', parseLimit, 0)
    .addHelpText(
      'after',
      formatExamples(`tributary feed export house-bank transactions --format csv ${CONFIG_EXAMPLE}`),
    )
    .action(async (path: string, stream: Stream, { config, format, after }: ExportOptions) => {
      const deployment = await load(config);
      const connector = requireConnector(deployment, path);
      await withStore(deployment, async (store) => {
        const opened = await store.feed(connector, stream);
        if (format === 'csv') terminal.out(toCsvLine(CSV_HEADS));
        for (let last = after; ;) {
          const rows = await opened.readRows(last, EXPORT_BATCH_ROWS);
          for (const { sequence, feedTime, id, version, body } of rows) {
            last = sequence;
            const times = { sequence, feedTime: formatTime(feedTime), id, version };
            if (format === 'ndjson') terminal.out(`${JSON.stringify(times).slice(0, -1)},"record":${body}}`);
            else terminal.out(toCsvLine([...Object.values(times), ...selectColumns(body)]));
          }
          if (rows.length < EXPORT_BATCH_ROWS) return;
        }
      });
    });
}

/** The properties of records that have a column of their own. The column `record` contains the whole JSON. */
const CSV_COLUMNS = [
  'createdAt',
  'type',
  'status',
  'amount',
  'currency',
  'sourceAccountID',
  'destinationAccountID',
  'accountName',
  'ownerName',
];
const CSV_HEADS = ['sequence', 'feedTime', 'id', 'version', ...CSV_COLUMNS, 'record'];

function selectColumns(body: string): string[] {
  const fields = flattenRecord(body);
  return [...CSV_COLUMNS.map((name) => fields.get(name) ?? ''), body];
}

function addRecordArguments(command: Command): Command {
  return command
    .argument('<connector>', 'its path')
    .addArgument(command.createArgument('<stream>', 'the stream').choices(STREAMS))
    .argument('<record>', 'the id as served, or as the PSP has it')
    .addOption(createConfigOption());
}

/**
 * Returns the versions of a record, newest first.
 * @throws CliError if the feed has no such record
 */
async function findVersions(
  store: Store,
  connector: string,
  stream: Stream,
  id: string,
): Promise<StoredVersion[]> {
  for (const served of new Set([id, tryEncodeId(id) ?? id])) {
    const versions = await store.operator().findVersions(connector, stream, served, MAX_VERSIONS);
    if (versions.length > 0) return versions;
  }
  throw new CliError(`The ${stream} of /${connector} have no record ${JSON.stringify(id)}.`);
}

function formatAsJson(versions: readonly StoredVersion[]): string {
  const rows = versions.map(({ sequence, feedTime, body }) => ({
    ...{ sequence, feedTime: formatTime(feedTime), record: JSON.parse(body) as unknown },
  }));
  return JSON.stringify(rows, undefined, 2);
}

const CONFIG_EXAMPLE = '--config gateway.yaml';
