/** `tributary serve`: runs the gateway until a stop signal arrives. */
import {
  createConfigOption,
  formatExamples,
  type CommandContext,
  type ConfigOption,
} from '../shared/command-context.js';
import { createLogLevelOption, type LogLevelOption } from '../shared/log-level-option.js';
import { openStoreWithRetry } from '@tributary/feed';
import type { Deployment } from '../../config/index.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGateway, type Gateway } from '../../gateway.js';
import { createLogger, type LogLevel } from '../../logging/index.js';
import { assertLimitsApplicable } from '../../mount/assert-limits-applicable.js';
import { getDemoKeyWarning } from './check.command.js';
import { CliError, EXIT } from '../shared/cli-error.js';
import { ignoreOutputErrors } from '../shared/output-errors.js';
import { waitForAbort, createStopSignal } from '../shared/stop-signal.js';
import { formatTable, type Terminal } from '../shared/terminal.js';

export function registerServeCommand({ program, terminal, load }: CommandContext): void {
  program
    .command('serve')
    .description('Serve every connector and keep its feeds up to date, until SIGTERM or Ctrl-C.')
    .addOption(createConfigOption())
    .addOption(createLogLevelOption('info'))
    .addHelpText('after', formatExamples('tributary serve --config gateway.yaml'))
    .action(({ config, logLevel }: ConfigOption & LogLevelOption) => serve(load(config), logLevel, terminal));
}

/** Timeout for opening the store, in milliseconds. PostgreSQL starts faster, even together with the gateway. A supervisor then restarts the gateway. */
const STORE_WAIT_TIMEOUT_MS = 120_000;
/** Timeout for closing after an error, in milliseconds. Calls to PSPs that are in progress end within it. */
const MAX_CLOSE_MS = 20_000;

/** Serves the deployment. Messages for people go to `err`, because standard output is the log. */
export async function serve(deployment: Deployment, logLevel: LogLevel, terminal: Terminal): Promise<void> {
  ignoreOutputErrors();
  const logger = createLogger({ secrets: deployment.secrets, level: logLevel });
  // A missing `await` in one plugin must not stop the other connectors.
  process.on('unhandledRejection', (err) =>
    logger.error({ err }, 'a promise failed and nobody waited for it'),
  );
  await assertLimitsApplicable(deployment);
  const signal = createStopSignal();
  const store = await openStoreWithRetry(deployment.store, {
    timeoutMs: STORE_WAIT_TIMEOUT_MS,
    signal,
    onRetry: ({ store: name, reason }, delayMs) =>
      logger.warn(
        { store: name, reason, retryIn: Math.round(delayMs) },
        'waiting for the store: it cannot be opened yet',
      ),
  });
  if (store === undefined) return;
  const gateway = await createGateway(deployment, { logger, store });
  try {
    terminal.err(describeGateway(deployment, await gateway.listen()));
    const warning = getDemoKeyWarning(deployment);
    if (warning !== undefined) terminal.err(warning);
    const change = await Promise.race([waitForAbort(signal), gateway.storeChange]);
    if (change) throw new CliError(`tributary: ${change.message}`, EXIT.storeChanged);
  } catch (error) {
    await closeWithoutStore(gateway);
    throw error;
  }
  await gateway.close();
}

/** Closes the gateway after an error. What needs the store fails if the store is gone, and must not hide the error. */
async function closeWithoutStore(gateway: Gateway): Promise<void> {
  await Promise.race([
    gateway.close().catch(() => undefined),
    sleep(MAX_CLOSE_MS, undefined, { ref: false }),
  ]);
}

function describeGateway({ connectors, docs }: Deployment, url: string): string {
  const rows = connectors.map(({ path, plugin }) => [
    `${url}/${path}`,
    plugin.name,
    ...(docs ? [`docs: ${url}/${path}/docs`] : []),
  ]);
  return `Serving:\n${formatTable(rows)}`;
}
