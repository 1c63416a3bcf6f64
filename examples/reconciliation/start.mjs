/**
 * Reconciles the bank statements in `statements/` with the bookings in `bookings.json`, and writes the report to `data/report`. Each run
 * begins with an empty store.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onNewNode } from '../../bin/launch.js';
import { startLedgerStandIn } from './ledger-stand-in.mjs';

const EXAMPLE = dirname(fileURLToPath(import.meta.url));
const PROGRAM = join(EXAMPLE, '../../bin/tributary.js');
/** The exit code of `tributary reconcile run` when it has found breaks. */
const BREAKS_FOUND = 1;

onNewNode(reconcileExample);

async function reconcileExample() {
  const data = process.argv[2] ?? join(EXAMPLE, 'data');
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true });
  const ledger = await startLedgerStandIn(join(EXAMPLE, 'bookings.json'));
  const environment = { ...process.env, EXAMPLE_DATA: data, LEDGER_URL: ledger.url };
  try {
    await runTributary(environment, 0, 'sync', '--once');
    await runTributary(environment, BREAKS_FOUND, 'reconcile', 'run');
    await runTributary(environment, 0, 'reconcile', 'list');
    await runTributary(environment, 0, 'reconcile', 'export', 'bank', '--to', join(data, 'report'));
    await runTributary(environment, 0, 'reconcile', 'verify', '--report', join(data, 'report'));
    console.log(`\nOpen the report in a browser: ${join(data, 'report/report.html')}`);
  } finally {
    ledger.stop();
  }
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
