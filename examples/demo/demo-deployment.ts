/** Prepares and starts the gateway of a demo. The rows are first read and booked, and then served and reconciled. */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Demo } from '@tributary/connector-api/testing';
import { bookRows } from './book-rows.js';
import { DemoLedger } from './demo-ledger.js';
import { createDeploymentFile, type DemoConnector } from './deployment-file.js';
import { runTributary, startTributary, stopTributary } from './run-tributary.js';

export interface DemoDeploymentOptions {
  /** The running fake PSPs, by the name of the plugin. */
  demos: ReadonlyMap<string, Demo>;
  port: number;
  /** Whether the output of the gateway is printed or ignored. */
  output: 'inherit' | 'ignore';
}

export interface DemoDeployment {
  url: string;
  connectors: readonly DemoConnector[];
  gateway: ChildProcess;
  /** Stops the gateway and the fake PSPs, and removes the gateway's database. */
  stop(): Promise<void>;
}

export async function startDemoDeployment({
  demos,
  port,
  output,
}: DemoDeploymentOptions): Promise<DemoDeployment> {
  const directory = mkdtempSync(join(tmpdir(), 'tributary-demo-'));
  const file = join(directory, 'gateway.yaml');
  const url = `http://127.0.0.1:${port}`;
  const ledger = await DemoLedger.start();
  const connectors = [...demos].map(([name, demo]): DemoConnector => ({ name, demo, accounts: [] }));
  const writeFile = () =>
    writeFileSync(file, createDeploymentFile({ directory, port, connectors, ledgerUrl: ledger.url }));
  const release = async () => {
    await ledger.stop();
    for (const { demo } of connectors) await demo.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    writeFile();
    await runTributary('sync', '--once', '--config', file);
    // The gateway runs once before the demo, because the bookings need the rows, and the reconciliation policies need the ids of the
    // accounts.
    const feeds = await startTributary(file, url, 'ignore');
    for (const connector of connectors) connector.accounts = await bookRows(ledger, connector.name, url);
    await stopTributary(feeds);
    writeFile();
    const gateway = await startTributary(file, url, output);
    const stop = async () => {
      await stopTributary(gateway);
      await release();
    };
    return { url, connectors, gateway, stop };
  } catch (error) {
    await release();
    throw error;
  }
}
