/** Writes one deployment file for each gateway: the same connectors and the same store, each through its own connection. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, payerEntry, type TrialConnector, type Trouble } from '../orders/deployment.js';
import type { History } from './history.js';

export const KEY = 'the-key-of-every-reader';
/** Faults come from the orders' own metadata. */
const TROUBLE: Trouble = { faults: 0, fates: 0.7, delay: 300 };

export interface Seat {
  file: string;
  port: number;
}

/** Installs the plugin of the histories in a directory, as npm would. */
export function installPlugin(directory: string): void {
  const modules = join(directory, 'node_modules');
  mkdirSync(modules);
  cpSync('test/cluster/plugin', join(modules, 'tributary-psp-history'), { recursive: true });
}

/**
 * Writes the deployment file of one gateway.
 * @param store URL of the database, as this gateway reaches it
 */
export async function writeSeat(
  directory: string,
  name: string,
  store: string,
  histories: readonly History[],
  payers: readonly TrialConnector[],
): Promise<Seat> {
  const port = await freePort();
  const file = join(directory, `${name}.yaml`);
  const connectors = [
    ...histories.map(historyEntry),
    ...payers.map((payer, index) => payerEntry(payer, index, TROUBLE)),
  ];
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
