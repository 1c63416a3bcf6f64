/**
 * Writes one deployment file for each gateway. All files have the same connectors and the same store, but each gateway reaches the store
 * through a connection of its own.
 */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  findFreePort,
  formatConnectorEntry,
  type PayingConnector,
  type FaultSettings,
} from '../orders/deployment.js';
import type { PspHistory } from './psp-history.js';

export const READER_KEY = 'the-key-of-every-reader';
/** The metadata of each order selects its faults, so the settings of the connector select none. */
const FAULT_SETTINGS: FaultSettings = { faultShare: 0, fateShare: 0.7, delayMs: 300 };

export interface GatewayDeployment {
  file: string;
  port: number;
}

/** Installs the plugin that lists the histories into a directory, as npm would do. */
export function installPlugin(directory: string): void {
  const modules = join(directory, 'node_modules');
  mkdirSync(modules);
  cpSync('test/cluster/plugin', join(modules, 'tributary-psp-history'), { recursive: true });
}

/**
 * Writes the deployment file of one gateway.
 * @param store URL under which this gateway reaches the database
 */
export async function writeGatewayDeployment(
  directory: string,
  name: string,
  store: string,
  histories: readonly PspHistory[],
  payingConnectors: readonly PayingConnector[],
): Promise<GatewayDeployment> {
  const port = await findFreePort();
  const file = join(directory, `${name}.yaml`);
  const connectors = [
    ...histories.map(formatHistoryEntry),
    ...payingConnectors.map((connector, index) => formatConnectorEntry(connector, index, FAULT_SETTINGS)),
  ];
  writeFileSync(
    file,
    `listen: { host: 127.0.0.1, port: ${port} }\nstore: '${store}'\nconnectors:\n${connectors.join('')}`,
  );
  return { file, port };
}

function formatHistoryEntry({ name, file }: PspHistory): string {
  return `
  - name: ${name}
    plugin: tributary-psp-history
    apiKeys: [${READER_KEY}]
    sync: { every: 1s }
    settings: { file: '${file}', latency: 15 }
`;
}
