/** `tributary serve`: runs the gateway until a stop signal arrives. */
import { openStoreWhenThere } from '@tributary/feed';
import type { Deployment } from '../config/index.js';
import { createGateway } from '../gateway.js';
import { createLogger, type LogLevel } from '../logging/index.js';
import { refuseIdleLimits } from '../mount/idle-limits.js';
import { warnOfDemoKeys } from './check.js';
import { outliveOutput } from './output.js';
import { aborted, stopSignal } from './stop-signal.js';
import { formatTable, type Terminal } from './terminal.js';

/** Timeout for opening the store, in milliseconds. PostgreSQL starts faster, even together with the gateway. A supervisor then restarts the gateway. */
const STORE_PATIENCE = 120_000;

/** Serves the deployment. Messages for people go to `err`, because standard output is the log. */
export async function serve(deployment: Deployment, level: LogLevel, terminal: Terminal): Promise<void> {
  outliveOutput();
  const logger = createLogger({ secrets: deployment.secrets, level });
  // A missing `await` in one plugin must not stop the other connectors.
  process.on('unhandledRejection', (err) =>
    logger.error({ err }, 'a promise failed and nobody waited for it'),
  );
  await refuseIdleLimits(deployment);
  const stop = stopSignal();
  const store = await openStoreWhenThere(deployment.store, {
    for: STORE_PATIENCE,
    stop,
    onWait: ({ store: name, reason }, pause) =>
      logger.warn(
        { store: name, reason, retryIn: Math.round(pause) },
        'waiting for the store: it cannot be opened yet',
      ),
  });
  if (store === undefined) return;
  const gateway = await createGateway(deployment, { logger, store });
  try {
    terminal.err(describeGateway(deployment, await gateway.listen()));
    const warning = warnOfDemoKeys(deployment);
    if (warning !== undefined) terminal.err(warning);
    await aborted(stop);
  } finally {
    await gateway.close();
  }
}

function describeGateway({ connectors, docs }: Deployment, url: string): string {
  const rows = connectors.map(({ path, plugin }) => [
    `${url}/${path}`,
    plugin.name,
    ...(docs ? [`docs: ${url}/${path}/docs`] : []),
  ]);
  return `Serving:\n${formatTable(rows)}`;
}
