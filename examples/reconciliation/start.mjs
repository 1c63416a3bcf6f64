/**
 * Reconciles the bank statements in `statements/` with the bookings in `bookings.json` and with the payments of a stand-in for Formance
 * Payments, and writes the report to `data/report`. Each run begins with an empty store.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onNewNode } from '../../bin/launch.js';
import { startLedgerStandIn } from './ledger-stand-in.mjs';
import { startPaymentsStandIn } from './payments-stand-in.mjs';

const EXAMPLE = dirname(fileURLToPath(import.meta.url));
const PROGRAM = join(EXAMPLE, '../../bin/tributary.js');
/** The exit code of `tributary reconcile run` when it has found breaks. */
const BREAKS_FOUND = 1;
const API_KEY = 'demo-key-of-the-reconciliation-example';
/** The time in ms that the gateway may need to start. */
const MAX_START_MS = 30_000;

onNewNode(reconcileExample);

async function reconcileExample() {
  const data = process.argv[2] ?? join(EXAMPLE, 'data');
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true });
  const ledger = await startLedgerStandIn(join(EXAMPLE, 'bookings.json'));
  const payments = await startPaymentsStandIn(API_KEY);
  const environment = {
    ...{ ...process.env, EXAMPLE_DATA: data, EXAMPLE_KEY: API_KEY, LEDGER_URL: ledger.url },
    ...{ PAYMENTS_URL: payments.url, GATEWAY_PORT: String(await findFreePort()) },
  };
  try {
    await runTributary(environment, 0, 'sync', '--once');
    await serveTo(payments, environment);
    await runTributary(environment, BREAKS_FOUND, 'reconcile', 'run');
    await runTributary(environment, 0, 'reconcile', 'list');
    await runTributary(environment, 0, 'reconcile', 'export', 'bank', '--to', join(data, 'report'));
    await runTributary(environment, 0, 'reconcile', 'verify', '--report', join(data, 'report'));
    console.log(`\nOpen the report in a browser: ${join(data, 'report/report.html')}`);
  } finally {
    ledger.stop();
    payments.stop();
  }
}

/** Runs the gateway until Payments has read the connector. Then it stops the gateway, which stores how far Payments has read. */
async function serveTo(payments, environment) {
  console.log('\n$ tributary serve');
  const gateway = spawn(process.execPath, [PROGRAM, 'serve', '--config', 'gateway.yaml'], {
    ...{ cwd: EXAMPLE, env: environment, stdio: ['ignore', 'ignore', 'inherit'] },
  });
  const ended = once(gateway, 'close');
  try {
    const url = `http://127.0.0.1:${environment.GATEWAY_PORT}`;
    await waitForGateway(url);
    await payments.readFrom(`${url}/bank`);
    console.log('The stand-in for Formance Payments has read the connector.');
  } finally {
    gateway.kill('SIGTERM');
    await ended;
  }
}

async function waitForGateway(url) {
  const end = Date.now() + MAX_START_MS;
  while (Date.now() < end) {
    const response = await fetch(`${url}/readyz`).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the gateway at ${url} did not become ready within ${MAX_START_MS / 1000} s`);
}

async function findFreePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Runs a command of Tributary, and prints the command and its output. */
async function runTributary(environment, expectedCode, ...args) {
  console.log(`\n$ tributary ${args.join(' ')}`);
  const child = spawn(process.execPath, [PROGRAM, ...args, '--config', 'gateway.yaml'], {
    ...{ cwd: EXAMPLE, env: environment, stdio: 'inherit' },
  });
  const [code] = await once(child, 'close');
  if (code !== expectedCode)
    throw new Error(`tributary ${args.join(' ')} ended with exit code ${code}; expected ${expectedCode}`);
}
