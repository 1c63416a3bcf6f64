/** `tributary sync --once`: pulls until all streams have caught up. */
import type { SyncRun } from '@tributary/feed';
import type { Deployment } from '../config/index.js';
import { createGateway } from '../gateway.js';
import { createLogger, type LogLevel } from '../logging/index.js';
import { EXIT } from './cli-error.js';
import { exitCodeOf, stopSignal } from './stop-signal.js';
import { ProgressBars, ProgressLines, type ProgressView } from './sync-progress.js';
import { count, type Terminal } from './terminal.js';

/**
 * Pulls the streams of one connector or of all connectors once.
 * @param connector path of the connector; `undefined` means all connectors
 * @returns the exit code
 */
export async function syncOnce(
  deployment: Deployment,
  connector: string | undefined,
  level: LogLevel,
  terminal: Terminal,
): Promise<number> {
  const logger = createLogger({ secrets: deployment.secrets, level, destination: process.stderr });
  const view = progressView(deployment, terminal);
  const stop = stopSignal();
  const gateway = await createGateway(deployment, { logger, sync: false, drainFor: 0 });
  let runs: SyncRun[];
  try {
    runs = await gateway.engine.runOnce(connector, (progress) => view.show(progress), stop);
  } finally {
    view.end();
    await gateway.close();
  }
  const failed = runs.filter(({ error }) => error !== undefined).length;
  if (stop.aborted) return exitCodeOf(stop);
  if (failed === 0) terminal.out(`${count(runs.length, 'stream')} caught up.`);
  else terminal.err(`${failed} of ${count(runs.length, 'stream')} did not catch up; see above.`);
  return failed === 0 ? EXIT.done : EXIT.incomplete;
}

function progressView({ connectors }: Deployment, terminal: Terminal): ProgressView {
  if (!process.stderr.isTTY) return new ProgressLines((line) => terminal.out(line));
  return new ProgressBars(Math.max(...connectors.map(({ path }) => path.length)), (line) =>
    terminal.err(line),
  );
}
