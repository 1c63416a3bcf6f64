/** The command `tributary sync --once` pulls all streams until they have caught up. */
import {
  createConfigOption,
  formatExamples,
  parseConnectorArgument,
  type CommandContext,
  type ConfigOption,
} from '../shared/command-context.js';
import { createLogLevelOption, type LogLevelOption } from '../shared/log-level-option.js';
import { formatTime, STREAMS } from '@tributary/connector-api';
import type { SyncRun } from '@tributary/feed';
import { InvalidArgumentError } from 'commander';
import type { Deployment } from '../../config/index.js';
import { createGateway } from '../../gateway.js';
import { createLogger, type LogLevel } from '../../logging/index.js';
import { EXIT_CODES } from '../shared/cli-error.js';
import { getStopExitCode, createStopSignal } from '../shared/stop-signal.js';
import { ProgressBars, ProgressLines, type ProgressView } from './sync-progress.js';
import { tryParseTime } from '../../operator/parse-time-parameter.js';
import { createAuthor } from '../shared/create-author.js';
import { withStore } from '../shared/with-store.js';
import { pluralize, type Terminal } from '../shared/terminal.js';

export function registerSyncCommand({ program, terminal, result, load }: CommandContext): void {
  program
    .command('sync')
    .description('Pull everything that is new from the PSPs, show the progress, and end.')
    .argument('[connector]', 'its path, e.g. house-bank or acme/house-bank; all connectors without it')
    .requiredOption('--once', 'until every stream has caught up (`serve` pulls on schedule)')
    .option(
      '--from <time>',
      'first put the streams back, so that all changes since a date or time are read again',
      parseFrom,
    )
    .addOption(createConfigOption())
    .addOption(createLogLevelOption('silent'))
    .addHelpText('after', formatExamples('tributary sync --once --config gateway.yaml', SYNC_EXAMPLE))
    .action(async (connector: string | undefined, { config, logLevel, from }: SyncCommandOptions) => {
      const deployment = await load(config);
      const path = parseConnectorArgument(deployment, connector);
      if (from !== undefined) await rereadFrom(deployment, path, from, terminal);
      result.exitCode = await syncOnce(deployment, path, logLevel, terminal);
    });
}

interface SyncCommandOptions extends ConfigOption, LogLevelOption {
  /** The time since which everything is read again, in milliseconds since 1970. */
  from?: number;
}

function parseFrom(text: string): number {
  const time = tryParseTime(text);
  if (time === undefined)
    throw new InvalidArgumentError('Expected a date or a time, e.g. 2026-01-31 or 2026-01-31T12:00:00Z.');
  return time;
}

/** Moves the streams back to their positions at the given time, and reports the time from which each stream is read again. */
async function rereadFrom(
  deployment: Deployment,
  connector: string | undefined,
  fromMs: number,
  terminal: Terminal,
): Promise<void> {
  const paths = connector === undefined ? deployment.connectors.map(({ path }) => path) : [connector];
  await withStore(deployment, async (store) => {
    for (const path of paths) {
      const author = createAuthor(deployment, path);
      for (const { stream, cursorAt } of await store.operator().rereadStreams(author, STREAMS, fromMs)) {
        const start = cursorAt === undefined ? 'its beginning' : `its position of ${formatTime(cursorAt)}`;
        terminal.err(`${path} ${stream} is read again from ${start}.`);
      }
    }
  });
}

const SYNC_EXAMPLE = 'tributary sync --once acme/house-bank --config gateway.yaml';

/**
 * Pulls the streams of one connector or of all connectors once.
 * @param connector path of the connector; `undefined` means all connectors
 * @returns the exit code
 */
export async function syncOnce(
  deployment: Deployment,
  connector: string | undefined,
  logLevel: LogLevel,
  terminal: Terminal,
): Promise<number> {
  const logger = createLogger({ secrets: deployment.secrets, level: logLevel, destination: process.stderr });
  const view = createProgressView(deployment, terminal);
  const stop = createStopSignal();
  const gateway = await createGateway(deployment, { logger, sync: false, drainTimeoutMs: 0 });
  let runs: SyncRun[];
  try {
    runs = await gateway.syncEngine.runOnce(connector, (progress) => view.show(progress), stop);
  } finally {
    view.end();
    await gateway.close();
  }
  const failed = runs.filter(({ error }) => error !== undefined).length;
  if (stop.aborted) return getStopExitCode(stop);
  if (failed === 0) terminal.out(`${pluralize(runs.length, 'stream')} caught up.`);
  else terminal.err(`${failed} of ${pluralize(runs.length, 'stream')} did not catch up; see above.`);
  return failed === 0 ? EXIT_CODES.done : EXIT_CODES.incomplete;
}

function createProgressView({ connectors }: Deployment, terminal: Terminal): ProgressView {
  if (!process.stderr.isTTY) return new ProgressLines((line) => terminal.out(line));
  return new ProgressBars(Math.max(...connectors.map(({ path }) => path.length)), (line) =>
    terminal.err(line),
  );
}
