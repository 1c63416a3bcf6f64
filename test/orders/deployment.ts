/** Writes a deployment whose simulated PSPs have faults in the handling of orders. */
import { createServer } from 'node:net';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';

export interface PayingConnector {
  name: string;
  key: string;
  /** The path of the simulated PSP's journal, which contains the payments that were really made. */
  journal: string;
}

export interface PayingDeployment {
  file: string;
  url: string;
  connectors: PayingConnector[];
}

export interface FaultSettings {
  /**
   * `faultShare` is the share of the attempts that meet a fault. `fateShare` is the share of the orders whose result is not simply success.
   */
  faultShare: number;
  fateShare: number;
  /** The delay in milliseconds of late responses, late executions, changes and returns. */
  delayMs: number;
}

/**
 * Writes the deployment. One PSP returns the idempotency keys in its listing. The other PSP does not, so the gateway must match its
 * transactions by id.
 */
export async function writeDeployment(
  directory: string,
  store: string,
  trouble: FaultSettings,
): Promise<PayingDeployment> {
  const port = await findFreePort();
  const connectors = ['keys', 'ids'].map((name) => ({
    name,
    key: `the-key-that-pays-at-${name}`,
    journal: join(directory, `${name}.jsonl`),
  }));
  const file = join(directory, 'gateway.yaml');
  const entries = connectors.map((connector, index) => formatConnectorEntry(connector, index, trouble));
  const listen = `listen: { host: 127.0.0.1, port: ${port} }`;
  writeFileSync(file, `${listen}\nstore: '${store}'\nconnectors:${entries.join('')}`);
  return { file, url: `http://127.0.0.1:${port}`, connectors };
}

/** Returns the entry of a simulated PSP that accepts orders, for the deployment file. */
export function formatConnectorEntry(
  { name, key, journal }: PayingConnector,
  index: number,
  { faultShare, fateShare, delayMs }: FaultSettings,
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
      orderFaults: ${faultShare}
      orderFates: ${fateShare}
      orderDelay: ${delayMs}
`;
}

/** Returns a free port. The gateway needs a fixed port, because clients keep one endpoint while the gateway stops and starts again. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
