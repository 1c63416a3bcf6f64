/** A deployment whose simulated PSPs treat orders as badly as they can. */
import { createServer } from 'node:net';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';

export interface TrialConnector {
  name: string;
  key: string;
  /** The simulated PSP's own memory: the truth. */
  journal: string;
}

export interface TrialDeployment {
  file: string;
  url: string;
  connectors: TrialConnector[];
}

export interface Trouble {
  /** Share of the attempts that meet a fault, and of the orders that do not simply succeed. */
  faults: number;
  fates: number;
  /** Milliseconds of late answers, late executions, changes and returns. */
  delay: number;
}

/** One PSP names our keys in its listing, the other one does not: there the gateway must know the movement by its id. */
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

/** A simulated PSP that pays, as the deployment file has it. */
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

/** Clients keep one endpoint while the gateway dies and comes back. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
