/** One deployment file for each gateway: the same connectors and the same store, each by its own way. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TrialConnector } from '../orders/deployment.js';
import type { History } from './history.js';

export const KEY = 'the-key-of-every-reader';

export interface Seat {
  file: string;
  port: number;
}

/** The plugin of the histories, as if it had been installed there. */
export function installPlugin(directory: string): void {
  const modules = join(directory, 'node_modules');
  mkdirSync(modules);
  cpSync('test/cluster/plugin', join(modules, 'tributary-psp-history'), { recursive: true });
}

/** @param store URL of the database, as this gateway reaches it */
export async function writeSeat(
  directory: string,
  name: string,
  store: string,
  histories: readonly History[],
  payers: readonly TrialConnector[],
): Promise<Seat> {
  const port = await freePort();
  const file = join(directory, `${name}.yaml`);
  const connectors = [...histories.map(historyEntry), ...payers.map(payerEntry)];
  writeFileSync(
    file,
    `listen: { host: 127.0.0.1, port: ${port} }\nstore: '${store}'\nconnectors:\n${connectors.join('')}`,
  );
  return { file, port };
}

function historyEntry({ name, file }: History): string {
  return `
  - name: ${name}
    plugin: tributary-psp-history
    apiKeys: [${KEY}]
    sync: { every: 1s }
    settings: { file: '${file}', latency: 15 }
`;
}

/** One PSP names our keys in its listing, the other one does not: as in test/orders. */
function payerEntry({ name, key, journal }: TrialConnector, index: number): string {
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
      orderFates: 0.7
      orderDelay: 300
`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
