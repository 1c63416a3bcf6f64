/**
 * Runs gateways of one release in one process, so that a soak test does not load the program again for each of hundreds of starts. The
 * argument is the directory with the compiled modules of the release. Each gateway does the same as `serve`, except that the process
 * continues when a gateway ends. Messages come from `gateway-host.ts`: `{ id, serve: file }` starts a gateway, `{ id, stop: true }` stops
 * it, and `{ id, command: arguments }` runs a command. When the gateway or the command has ended, the process answers with `{ id, exitCode
 * }`.
 */
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const modules = pathToFileURL(`${process.argv[2]}/`);
const importModule = (path) => import(new URL(path, modules).href);
const { runCli } = await importModule('apps/gateway/src/cli/run-cli.js');
const { loadDeployment } = await importModule('apps/gateway/src/config/index.js');
const { createGateway } = await importModule('apps/gateway/src/gateway.js');
const { createLogger } = await importModule('apps/gateway/src/logging/index.js');
const { openStoreWithRetry } = await importModule('libs/feed/src/index.js');

const STORE_WAIT_TIMEOUT_MS = 120_000;
const DRAIN_TIMEOUT_MS = 100;
const EXIT_STORE_CHANGED = 4;
const LOG_TERMINAL = { out: (text) => console.log(text), err: (text) => console.log(text) };

/** The controllers that stop the running gateways, by id. */
const running = new Map();

process.on('unhandledRejection', (error) =>
  console.log('a promise was rejected and no code handled it', error),
);
process.on('message', ({ id, serve, stop, command }) => {
  if (stop) running.get(id)?.abort();
  else
    void (serve ? serveUntilStopped(id, serve) : runCli(command, LOG_TERMINAL)).then((exitCode) =>
      process.send({ id, exitCode }),
    );
});
process.on('disconnect', () => process.exit());

async function serveUntilStopped(id, file) {
  const controller = new AbortController();
  running.set(id, controller);
  try {
    return await serveDeployment(loadDeployment(file), controller.signal);
  } catch (error) {
    console.log(file, String(error));
    return 1;
  } finally {
    running.delete(id);
  }
}

async function serveDeployment(deployment, signal) {
  const logger = createLogger({ secrets: deployment.secrets, level: 'warn' });
  const store = await openStoreWithRetry(deployment.store, {
    ...{ timeoutMs: STORE_WAIT_TIMEOUT_MS, signal },
    onRetry: ({ reason }) => logger.warn({ reason }, 'waiting for the store: it cannot be opened yet'),
  });
  if (store === undefined) return 0;
  const gateway = await createGateway(deployment, { logger, store, drainTimeoutMs: DRAIN_TIMEOUT_MS });
  const stopped = new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', resolve, { once: true });
  });
  try {
    await gateway.listen();
    const change = await Promise.race([stopped.then(() => undefined), gateway.storeChange]);
    return change ? EXIT_STORE_CHANGED : 0;
  } finally {
    await gateway.close().catch((error) => console.log(String(error)));
  }
}
