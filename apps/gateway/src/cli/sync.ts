/** `tributary sync --once`: pulls until everything is caught up. */
import type { Deployment } from '../config/index.js';
import { createGateway } from '../gateway.js';
import { createLogger, type LogLevel } from '../logging/index.js';
import { EXIT } from './cli-error.js';
import { exitCodeOf, stopSignal } from './stop-signal.js';
import { ProgressBars, ProgressLines } from './sync-progress.js';
import { count, type Terminal } from './terminal.js';

/**
 * @param connector its path; all connectors without it
 * @returns the exit code
 */
export async function syncOnce(
  deployment: Deployment,
  connector: string | undefined,
  level: LogLevel,
  terminal: Terminal,
): Promise<number> {
  const logger = createLogger({ secrets: deployment.secrets, level, destination: process.stderr });
  const view = process.stderr.isTTY ? new ProgressBars() : new ProgressLines((line) => terminal.out(line));
  const stop = stopSignal();
  const gateway = await createGateway(deployment, { logger, sync: false, drainFor: 0 });
  try {
    const runs = await gateway.engine.runOnce(connector, (progress) => view.show(progress), stop);
    view.end();
    const failed = runs.filter(({ error }) => error !== undefined).length;
    if (stop.aborted) return exitCodeOf(stop);
    if (failed === 0) terminal.out(`${count(runs.length, 'stream')} caught up.`);
    else terminal.err(`${failed} of ${count(runs.length, 'stream')} did not catch up; see above.`);
    return failed === 0 ? EXIT.done : EXIT.incomplete;
  } finally {
    view.end();
    await gateway.close();
  }
}
