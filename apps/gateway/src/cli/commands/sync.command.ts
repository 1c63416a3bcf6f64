/** `tributary sync --once`: pulls until all streams have caught up. */
import {
  createConfigOption,
  formatExamples,
  parseConnectorArgument,
  type CommandContext,
  type ConfigOption,
} from '../shared/command-context.js';
import { createLogLevelOption, type LogLevelOption } from '../shared/log-level-option.js';
import type { SyncRun } from '@tributary/feed';
import type { Deployment } from '../../config/index.js';
import { createGateway } from '../../gateway.js';
import { createLogger, type LogLevel } from '../../logging/index.js';
import { EXIT_CODES } from '../shared/cli-error.js';
import { getStopExitCode, createStopSignal } from '../shared/stop-signal.js';
import { ProgressBars, ProgressLines, type ProgressView } from './sync-progress.js';
import { pluralize, type Terminal } from '../shared/terminal.js';

export function registerSyncCommand({ program, terminal, result, load }: CommandContext): void {
  program
    .command('sync')
    .description('Pull everything that is new from the PSPs, show the progress, and end.')
    .argument('[connector]', 'its path, e.g. house-bank or acme/house-bank; all connectors without it')
    .requiredOption('--once', 'until every stream has caught up (`serve` pulls on schedule)')
    .addOption(createConfigOption())
    .addOption(createLogLevelOption('silent'))
    .addHelpText('after', formatExamples('tributary sync --once --config gateway.yaml', SYNC_EXAMPLE))
    .action(async (connector: string | undefined, { config, logLevel }: ConfigOption & LogLevelOption) => {
      const deployment = load(config);
      result.exitCode = await syncOnce(
        deployment,
        parseConnectorArgument(deployment, connector),
        logLevel,
        terminal,
      );
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
