/**
 * Returns the data of the deployment and its connectors that are compared with the store: the name of the deployment, and the plugin and
 * the account at the PSP of each connector.
 */
import type { ConnectorIdentity, DeploymentIdentity } from '@tributary/feed';
import type { ConnectorConfig, Deployment } from '../config/settings/loaded-deployment.types.js';

export function toConnectorIdentity({
  path,
  originalPath,
  plugin,
  settings,
}: ConnectorConfig): ConnectorIdentity {
  return {
    ...{ path, plugin: plugin.name, account: plugin.identifyAccount?.(settings) },
    ...(originalPath !== undefined && { originalPath }),
  };
}

export function toDeploymentIdentity({ name, connectors }: Deployment): DeploymentIdentity {
  return { name, connectors: connectors.map(toConnectorIdentity) };
}
