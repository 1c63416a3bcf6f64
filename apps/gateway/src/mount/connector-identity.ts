/** Tells which deployment a store shall belong to, and to which plugin and which account at the PSP each connector belongs. */
import type { ConnectorIdentity, DeploymentIdentity } from '@tributary/feed';
import type { ConnectorConfig, Deployment } from '../config/settings/deployment.js';

export function toConnectorIdentity({ path, plugin, settings }: ConnectorConfig): ConnectorIdentity {
  return { path, plugin: plugin.name, account: plugin.identifyAccount?.(settings) };
}

export function toDeploymentIdentity({ name, connectors }: Deployment): DeploymentIdentity {
  return { name, connectors: connectors.map(toConnectorIdentity) };
}
