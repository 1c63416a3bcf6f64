/**
 * `npm run demo -- <plugin>…` starts the fake PSP of each plugin, and a gateway that reads it. It books the movements of the PSPs in a
 * small ledger, and reconciles the two. A person can thus see rows, balances, orders and reconciliation of each PSP without an account at
 * the PSP. Without a name, the demo starts all plugins.
 */
import { once } from 'node:events';
import type { Demo } from '@tributary/connector-api/testing';
import { plugins } from '@tributary/psp-plugins';
import { startDemoDeployment } from './demo-deployment.js';
import { formatDemoSummary } from './format-demo-summary.js';
import { readOptions } from './read-options.js';

const { names, port } = readOptions(
  process.argv.slice(2),
  plugins.map(({ name }) => name),
);
const demos = new Map<string, Demo>();
for (const name of names) demos.set(name, await startDemo(name));
const deployment = await startDemoDeployment({ demos, port, output: 'inherit' });
const { gateway } = deployment;
console.log(formatDemoSummary(deployment.connectors, deployment.url));

// The empty handler keeps the demo running until the gateway has stopped: a terminal sends Ctrl-C to the gateway, too. Other programs send
// SIGTERM only to the demo, which passes it on.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => gateway.kill('SIGTERM'));
if (gateway.exitCode === null) await once(gateway, 'close');
await deployment.stop();

/** Starts the fake PSP of a plugin. Every plugin has a `testing/demo.ts`. */
async function startDemo(name: string): Promise<Demo> {
  const module = new URL(`../../libs/psp-plugins/src/${name}/testing/demo.js`, import.meta.url);
  const { startDemo: start } = (await import(module.href)) as { startDemo: () => Promise<Demo> };
  return start();
}
