/** The command `tributary serve` runs the gateway until a stop signal arrives. */
import {
  createConfigOption,
  formatExamples,
  type CommandContext,
  type ConfigOption,
} from '../shared/command-context.js';
import { createLogLevelOption, type LogLevelOption } from '../shared/log-level-option.js';
import { openStoreWithRetry } from '@tributary/feed';
import { InvalidArgumentError } from 'commander';
import type { Deployment, LoadedDeployment } from '../../config/index.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGateway, type Gateway } from '../../gateway.js';
import { createLogger, SecretRedactor, type LogLevel } from '../../logging/index.js';
import { assertLimitsApplicable } from '../../mount/assert-limits-applicable.js';
import { getDemoKeyWarning } from './check.command.js';
import { CliError, EXIT_CODES } from '../shared/cli-error.js';
import { drainOutput } from '../shared/drain-output.js';
import { countStoredRows, formatFirstScreen } from './format-first-screen.js';
import { ignoreOutputErrors } from '../shared/handle-output-errors.js';
import { waitUntilAborted, createStopSignal } from '../shared/stop-signal.js';
import type { Terminal } from '../shared/terminal.js';

interface ServeOptions extends ConfigOption, LogLevelOption {
  host?: string;
  port?: number;
}

export function registerServeCommand({ program, terminal, loadForReload }: CommandContext): void {
  program
    .command('serve')
    .description('Serve every connector and keep its feeds up to date, until SIGTERM or Ctrl-C.')
    .addOption(createConfigOption())
    .option('--host <host>', 'address to listen on, instead of listen.host in the file', parseHost)
    .option('--port <port>', 'TCP port to listen on, instead of listen.port in the file', parsePort)
    .addOption(createLogLevelOption('info'))
    .addHelpText('after', formatExamples('tributary serve --config gateway.yaml', PORT_EXAMPLE))
    .action(async ({ config, logLevel, host, port }: ServeOptions) => {
      const loaded = await loadForReload(config);
      const { listen } = loaded.deployment;
      const overridden = { ...listen, host: host ?? listen.host, port: port ?? listen.port };
      return serve({ ...loaded.deployment, listen: overridden }, logLevel, terminal, loaded);
    });
}

const PORT_EXAMPLE = 'tributary serve --config gateway.yaml --host 0.0.0.0 --port 8080';
const MAX_PORT = 65_535;

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > MAX_PORT)
    throw new InvalidArgumentError(`Expected a whole number from 0 to ${MAX_PORT}; 0 takes any free port.`);
  return port;
}

function parseHost(text: string): string {
  if (!/^\S+$/.test(text)) throw new InvalidArgumentError('Expected a host name or an IP address.');
  return text;
}

/**
 * Time in milliseconds for opening the store. If the store cannot be opened within this time, the gateway ends, and a supervisor can start
 * it again. PostgreSQL needs less time, even if it starts together with the gateway.
 */
const STORE_WAIT_TIMEOUT_MS = 120_000;
/** Time in milliseconds for closing after an error. Calls to PSPs that are in progress end within this time. */
const MAX_CLOSE_MS = 20_000;
/** Time in milliseconds that the reader of the log has to read the last lines. */
const LOG_DRAIN_TIMEOUT_MS = 1000;

/** Serves the deployment. Messages for people are written to standard error, because standard output is the log. */
export async function serve(
  deployment: Deployment,
  logLevel: LogLevel,
  terminal: Terminal,
  loaded?: LoadedDeployment,
): Promise<void> {
  ignoreOutputErrors();
  const redactor = new SecretRedactor(deployment.secrets);
  const logger = createLogger({ redactor, level: logLevel });
  // If a plugin forgets an `await`, the unhandled error is logged. It must not stop the other connectors.
  process.on('unhandledRejection', (err) =>
    logger.error(
      { err },
      'a promise was rejected and no code handled it; this is a defect, probably of a plugin',
    ),
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
    onMigrationProgress: (progress) => logger.info({ progress }, 'the tables of the store are migrated'),
  });
  if (store === undefined) return;
  const gateway = await createGateway(deployment, { logger, store, redactor, ...(loaded && { loaded }) });
  reloadOnSignal(gateway);
  try {
    // The rows are counted before the first pulls change them.
    const counts = await countStoredRows(store, deployment.connectors);
    const url = await gateway.listen();
    terminal.err(formatFirstScreen(deployment, { url, counts, isForPerson: process.stderr.isTTY === true }));
    const warning = getDemoKeyWarning(deployment);
    if (warning !== undefined) terminal.err(warning);
    const change = await Promise.race([waitUntilAborted(signal), gateway.storeChange]);
    if (change) throw new CliError(`tributary: ${change.message}`, EXIT_CODES.storeChanged);
  } catch (error) {
    await closeWithoutStore(gateway);
    throw error;
  }
  await gateway.close();
  // If the reader of the log no longer reads, the process must end nevertheless.
  if (!(await drainOutput(LOG_DRAIN_TIMEOUT_MS))) process.exit(EXIT_CODES.done);
}

/**
 * Reloads the deployment file after SIGHUP. On a terminal the signal keeps its usual meaning: the terminal was closed, and the process ends.
 */
function reloadOnSignal({ reloader }: Gateway): void {
  if (reloader === undefined || process.stderr.isTTY) return;
  process.on('SIGHUP', () => void reloader.reload('signal'));
}

/**
 * Closes the gateway after an error. If the store is unavailable, steps that use the store fail, too. Their errors are ignored, so that the
 * first error is shown.
 */
async function closeWithoutStore(gateway: Gateway): Promise<void> {
  await Promise.race([
    gateway.close().catch(() => undefined),
    sleep(MAX_CLOSE_MS, undefined, { ref: false }),
  ]);
}
