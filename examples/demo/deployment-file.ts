/** Writes the deployment file of a demo. It is written as JSON, because every JSON document is also valid YAML. */
import { join } from 'node:path';
import type { Demo } from '@tributary/connector-api/testing';
import { LEDGER_NAME } from './demo-ledger.js';
import { OPERATOR_KEY, toApiKey, toLedgerAccount } from './demo-names.js';

export interface DemoConnector {
  /** The name of the plugin, and of its connector. */
  name: string;
  demo: Demo;
  /** The ids of the accounts, once they are known. Without accounts, no reconciliation policy is created. */
  accounts: readonly string[];
}

export interface DeploymentFileOptions {
  /** The directory of the gateway's database. */
  directory: string;
  port: number;
  connectors: readonly DemoConnector[];
  ledgerUrl: string;
}

export function createDeploymentFile({
  directory,
  port,
  connectors,
  ledgerUrl,
}: DeploymentFileOptions): string {
  return JSON.stringify(
    {
      listen: { host: '127.0.0.1', port },
      store: `sqlite:${join(directory, 'demo.db')}`,
      operators: { apiKeys: [{ key: OPERATOR_KEY, name: 'demo', scopes: ['read', 'operate'] }] },
      connectors: connectors.map(({ name, demo }) => ({
        ...{ name, plugin: name, sync: { every: '10s' }, settings: demo.settings },
        apiKeys: [{ key: toApiKey(name), scopes: demo.order ? ['read', 'pay'] : ['read'] }],
        ...(demo.order && { orders: toOrderLimits(demo.order) }),
      })),
      reconciliation: {
        policies: connectors
          .filter(({ accounts }) => accounts.length > 0)
          .map(({ name, accounts }) => ({
            name,
            every: '1m',
            ledger: { url: ledgerUrl, name: LEDGER_NAME },
            accounts: accounts.map((account) => ({
              ...{ connector: name, account, ledgerAccount: toLedgerAccount(name, account) },
            })),
            rules: [{ kind: 'exact', psp: 'id', ledger: 'reference' }],
            grace: { booking: '1s', settlement: '72h' },
          })),
      },
    },
    null,
    2,
  );
}

function toOrderLimits({ currency = 'EUR' }: NonNullable<Demo['order']>) {
  return { largest: { [`${currency}/2`]: '1000000' }, perDay: { [`${currency}/2`]: '10000000' } };
}
