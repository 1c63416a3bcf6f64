/** Writes a deployment whose simulated PSPs have faults in the handling of orders. */
import { createServer } from 'node:net';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';

export interface TrialConnector {
  name: string;
  key: string;
  /** Path of the simulated PSP's journal, which shows what was really paid. */
  journal: string;
}

export interface TrialDeployment {
  file: string;
  url: string;
  connectors: TrialConnector[];
}

export interface Trouble {
  /** Share of the attempts that meet a fault, and share of the orders that do not simply succeed. */
  faults: number;
  fates: number;
  /** Milliseconds of late responses, late executions, changes and returns. */
  delay: number;
}

/**
 * Writes the deployment. One PSP repeats the idempotency keys in its listing, the other does not: there the gateway must match transactions by id.
 */
export async function writeDeployment(
  directory: string,
  store: string,
  trouble: Trouble,
): Promise<TrialDeployment> {
  const port = await freePort();
  const connectors = ['keys', 'ids'].map((name) => ({
    name,
    key: `the-key-that-pays-at-${name}`,
    journal: join(directory, `${name}.jsonl`),
  }));
  const file = join(directory, 'gateway.yaml');
  const entries = connectors.map((connector, index) => payerEntry(connector, index, trouble));
  const listen = `listen: { host: 127.0.0.1, port: ${port} }`;
  writeFileSync(file, `${listen}\nstore: '${store}'\nconnectors:${entries.join('')}`);
  return { file, url: `http://127.0.0.1:${port}`, connectors };
}

/** Returns the entry of a simulated PSP that pays, for the deployment file. */
export function payerEntry(
  { name, key, journal }: TrialConnector,
  index: number,
  { faults, fates, delay }: Trouble,
): string {
  return `
  - name: ${name}
    plugin: sandbox
    apiKeys: [{ key: ${key}, scopes: [read, pay] }]
    sync: { every: 1s }
    settings:
      seed: ${index + 1}
      transactions: 0
      activityPerMinute: 0
      accounts: 4
      beneficiaries: 6
      oddIds: 0.5
      changesWithin: 60000
      journal: '${journal}'
      repeatsKeys: ${name === 'keys'}
      orderFaults: ${faults}
      orderFates: ${fates}
      orderDelay: ${delay}
`;
}

/** Returns a free port. Clients keep one endpoint while the gateway stops and starts again. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
