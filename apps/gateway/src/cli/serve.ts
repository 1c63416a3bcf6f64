/** `tributary serve`: serves and syncs until it is stopped. */
import { openStoreWhenThere } from '@tributary/feed';
import type { Deployment } from '../config/index.js';
import { createGateway } from '../gateway.js';
import { createLogger, type LogLevel } from '../logging/index.js';
import { refuseIdleLimits } from '../mount/idle-limits.js';
import { warnOfDemoKeys } from './check.js';
import { outliveOutput } from './output.js';
import { aborted, stopSignal } from './stop-signal.js';
import { formatTable, type Terminal } from './terminal.js';

/** Longer than a PostgreSQL takes that starts together with us; whoever keeps us running then starts us again. Milliseconds. */
const STORE_PATIENCE = 120_000;

/** What it says to people goes to `err`: standard output belongs to the log. */
export async function serve(deployment: Deployment, level: LogLevel, terminal: Terminal): Promise<void> {
  outliveOutput();
  const logger = createLogger({ secrets: deployment.secrets, level });
  // A plugin that forgot to await something must not end all the other connectors.
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
